#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/failure.h"
#include "cli/host.h"
#include "model/fields.h"

/// Who speaks to which hub. Profiles lie in one file that only its owner may read,
/// $XDG_CONFIG_HOME/dayan/credentials or ~/.config/dayan/credentials.

namespace dayan::cli {

struct Profile {
  std::string name = "default";
  std::string hub;  ///< http://127.0.0.1:8420
  std::string token;

  static constexpr auto fields() {
    using R = Profile;
    return std::tuple{field("name", &R::name), field("hub", &R::hub), field("token", &R::token)};
  }
};

class Credentials {
 public:
  /// Finds the file by the environment; `usage` when that has neither XDG_CONFIG_HOME nor HOME.
  [[nodiscard]] static Answer<Credentials> locate(const Host& host);
  explicit Credentials(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] const std::string& path() const { return path_; }
  /// Nothing when there is no such profile. A file that others may read is refused, as ssh does with keys.
  [[nodiscard]] Answer<std::optional<Profile>> find(const std::string& name) const;
  /// Adds or replaces. The file is replaced whole, with mode 0600.
  [[nodiscard]] Answer<void> put(const Profile& profile) const;
  /// False when there was none.
  [[nodiscard]] Answer<bool> remove(const std::string& name) const;

 private:
  [[nodiscard]] Answer<std::vector<Profile>> read() const;
  [[nodiscard]] Answer<void> write(const std::vector<Profile>& profiles) const;

  std::string path_;
};

/// The name of the profile that is meant: --profile, then DAYAN_PROFILE, then "default".
[[nodiscard]] std::string profile_name(const Host& host, const std::string& asked);

/// Who speaks: the profile named by --profile; else DAYAN_HUB and DAYAN_TOKEN when they are set, which must be both;
/// else the profile of DAYAN_PROFILE or "default".
[[nodiscard]] Answer<Profile> who_speaks(const Host& host, const std::string& asked);

}  // namespace dayan::cli
