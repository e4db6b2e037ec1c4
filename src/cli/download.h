#pragma once

#include <functional>
#include <string>

#include "base/digest.h"
#include "base/units.h"
#include "cli/api_client.h"

namespace dayan::cli {

enum class Downloaded { now, was_there };

/// Brings one content to `path`, whose folders are made. It is written beside its place, under a name made of its
/// digest, so that an interrupted download is continued and a half one never looks whole. `on_bytes` is told how far
/// it is.
[[nodiscard]] Answer<Downloaded> download(ApiClient& api, const Digest& digest, Bytes size, const std::string& path,
                                          const std::function<void(Bytes)>& on_bytes);

}  // namespace dayan::cli
