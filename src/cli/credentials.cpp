#include "cli/credentials.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "base/scan.h"
#include "cli/local_file.h"
#include "model/job.h"
#include "model/json.h"

namespace dayan::cli {
namespace {

namespace fs = std::filesystem;

struct Stored {
  std::vector<Profile> profiles;

  static constexpr auto fields() { return std::tuple{field("profiles", &Stored::profiles)}; }
};

constexpr Bytes file_bytes_max = Bytes(1'000'000);

}  // namespace

Answer<Credentials> Credentials::locate(const Host& host) {
  const std::string config = host.environment("XDG_CONFIG_HOME").value_or("");
  // The specification of these folders: a path that is not absolute is to be ignored.
  if (config.starts_with('/')) return Credentials(config + "/dayan/credentials");
  const std::string home = host.environment("HOME").value_or("");
  if (!home.empty()) return Credentials(home + "/.config/dayan/credentials");
  return bad_usage("neither XDG_CONFIG_HOME nor HOME is set", "set one, or DAYAN_HUB and DAYAN_TOKEN");
}

Answer<std::vector<Profile>> Credentials::read() const {
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::vector<Profile>();
    return failed_here(std::string("cannot be read: ") + std::strerror(errno), "", path_);
  }
  if ((status.st_mode & 077U) != 0) {
    return failed_here("other users may read it", "chmod 600 " + path_ + ", and revoke the tokens in it", path_);
  }
  TRY(const std::string text, read_file(path_, file_bytes_max));
  const auto value = parse_json(text);
  if (!value.has_value()) return failed_here(value.error().wrong, "log in again after removing the file", path_);
  Stored stored;
  Faults faults;
  if (from_json(*value, path_, stored, faults)) return std::move(stored.profiles);
  return end_with(Exit::refused, std::move(faults));
}

Answer<void> Credentials::write(const std::vector<Profile>& profiles) const {
  const fs::path folder = fs::path(path_).parent_path();
  std::error_code error;
  fs::create_directories(folder.parent_path(), error);
  if (!error && ::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) error.assign(errno, std::generic_category());
  if (error) return failed_here("the folder cannot be made: " + error.message(), "", folder.string());
  TRY_VOID(replace_file(path_, nested_text(Stored{profiles}) + '\n', 0600));
  return {};
}

Answer<std::optional<Profile>> Credentials::find(const std::string& name) const {
  TRY(const std::vector<Profile> profiles, read());
  for (const Profile& profile : profiles) {
    if (profile.name == name) return std::optional<Profile>(profile);
  }
  return std::optional<Profile>();
}

Answer<void> Credentials::put(const Profile& profile) const {
  if (!is_plain_name(profile.name)) {
    return bad_usage(quote(profile.name) + " is not a name of a profile", "1 to 64 letters, digits and . _ -",
                     "--profile");
  }
  TRY(std::vector<Profile> profiles, read());
  std::erase_if(profiles, [&](const Profile& each) { return each.name == profile.name; });
  profiles.push_back(profile);
  return write(profiles);
}

Answer<bool> Credentials::remove(const std::string& name) const {
  TRY(std::vector<Profile> profiles, read());
  if (std::erase_if(profiles, [&](const Profile& each) { return each.name == name; }) == 0) return false;
  TRY_VOID(write(profiles));
  return true;
}

std::string profile_name(const Host& host, const std::string& asked) {
  if (!asked.empty()) return asked;
  const std::string named = host.environment("DAYAN_PROFILE").value_or("");
  return named.empty() ? "default" : named;
}

Answer<Profile> who_speaks(const Host& host, const std::string& asked) {
  const std::string hub = host.environment("DAYAN_HUB").value_or("");
  const std::string token = host.environment("DAYAN_TOKEN").value_or("");
  if (asked.empty() && (!hub.empty() || !token.empty())) {
    // A stored token never goes to a hub that only the environment names, nor the other way round.
    if (hub.empty()) return bad_usage("DAYAN_TOKEN is set without DAYAN_HUB", "set both or neither", "DAYAN_HUB");
    if (token.empty()) return bad_usage("DAYAN_HUB is set without DAYAN_TOKEN", "set both or neither", "DAYAN_TOKEN");
    return Profile{"", hub, token};
  }
  const std::string name = profile_name(host, asked);
  TRY(const Credentials credentials, Credentials::locate(host));
  TRY(const std::optional<Profile> found, credentials.find(name));
  if (found) return *found;
  return bad_usage("nobody is logged in with the profile " + quote(name),
                   "dayan login --hub URL" + (name == "default" ? std::string() : " --profile " + name) +
                       ", or set DAYAN_HUB and DAYAN_TOKEN");
}

}  // namespace dayan::cli
