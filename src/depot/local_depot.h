#pragma once

#include <memory>
#include <string>

#include "ports/clock.h"
#include "ports/depot.h"

/// Depot in a folder of the local file system:
///   blobs/ab/<62 digits>.<owner>[.<centre>]     complete content, by the hexadecimal digits of its digest
///   uploads/<64 digits>.<owner>[.<centre>].part what has come of an upload so far
///   logs/<engine name>.<owner>/<stream>         live logs
/// Names are made from digests, ids and engine names only: nothing from outside becomes a path. Owner and sender stand
/// in the name, so that content and whose it is are one durable step, and a start learns both from a scan. The same
/// content of several is one file with several names (hard links), and is charged to each owner.

namespace dayan::depot {

/// How much may be stored. What is counted: complete content, once for each organisation that holds it; what has come
/// of uploads; and live logs. The disk holds at most that much: that two organisations' content is the same
/// shows in no figure.
struct DepotQuota {
  Bytes total;
  Bytes per_organisation;
};

/// Opens the folder, makes it when it is not there, and counts what it holds. `unavailable` when another process has
/// it open or the file system refuses. The Depot is safe from any thread.
/// Each sender's upload of a content is its own. One that nobody added to for upload_patience is removed when the depot
/// is opened. `clock` tells when content was used, and outlives the depot.
/// A read is of at most depot_chunk_max bytes (of a log: log_bytes_max); a log that has not begun reads as empty.
/// A full disk is `exhausted`, as a full quota is.
[[nodiscard]] Result<std::unique_ptr<Depot>> open_depot(const std::string& folder, const DepotQuota& quota,
                                                        Clock& clock);

}  // namespace dayan::depot
