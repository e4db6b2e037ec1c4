#pragma once

#include <memory>
#include <string>

#include "ports/depot.h"

/// Depot in a folder of the local file system:
///   blobs/ab/<62 digits>.<owner>     complete content, by the hexadecimal digits of its digest
///   uploads/<64 digits>.<owner>.part what has come of an upload so far
///   logs/<engine name>/<stream>      live logs
/// Names are made from digests, ids and engine names only: nothing from outside becomes a path. The owner stands in
/// the name, so that content and who pays for its space are one durable step, and a start learns both from a scan.

namespace dayan::depot {

/// How much may be stored. What is counted: complete content, what has come of uploads, and, in the total, logs.
struct DepotQuota {
  Bytes total;
  Bytes per_organisation;
};

/// Opens the folder, makes it when it is not there, and counts what it holds. `unavailable` when another process has
/// it open or the file system refuses. The Depot is safe from any thread.
/// Each owner's upload of a content is its own; the first that is whole and true to its digest is kept, charged to its
/// sender, and the others are dropped. An upload that nobody added to for 7 days is removed when the depot is opened.
/// A read is of at most depot_chunk_max bytes (of a log: log_bytes_max); a log that has not begun reads as empty.
/// A full disk is `exhausted`, as a full quota is.
[[nodiscard]] Result<std::unique_ptr<Depot>> open_depot(const std::string& folder, const DepotQuota& quota);

}  // namespace dayan::depot
