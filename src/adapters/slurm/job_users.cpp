#include "adapters/slurm/job_users.h"

#include <dirent.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "adapters/descriptor.h"
#include "adapters/files.h"
#include "adapters/slurm/access_list.h"
#include "adapters/spawn.h"
#include "base/scan.h"

namespace dayan::adapters {
namespace {

/// Nothing that is asked of a user here takes long; a sudo that waits for a directory service may.
constexpr Duration patience = Duration::seconds(20);
constexpr int depth_max = 64;
constexpr std::size_t user_name_max = 64;

struct Account {
  std::string name;
  uid_t user = 0;
  gid_t group = 0;
};

std::optional<Account> take(const passwd* entry) {
  if (entry == nullptr) return std::nullopt;
  return Account{entry->pw_name, entry->pw_uid, entry->pw_gid};
}

constexpr std::size_t entry_size = 65536;
std::optional<Account> account_of(const std::string& name) {
  std::string buffer(entry_size, '\0');
  passwd entry{};
  passwd* found = nullptr;
  ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  return take(found);
}
std::optional<Account> account_of(uid_t user) {
  std::string buffer(entry_size, '\0');
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found);
  return take(found);
}

/// What a program complained of: the end of its first line, without the path and the like before it.
std::string complaint(const std::string& text) {
  const std::string_view line = std::string_view(text).substr(0, text.find('\n'));
  const std::size_t colon = line.rfind(": ");
  return quote(colon == std::string_view::npos ? line : line.substr(colon + 2));
}

tl::unexpected<Error> no_user(const std::string& name) {
  return fail(ErrorCode::denied, "there is no local user " + quote(name) + " on this machine",
              "make it, or name another one", "user");
}

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

/// Gives one open file or folder after the other to a user, what is inside before what is around it.
class Giver {
 public:
  Giver(const Account& to, bool by_lists) : to_(to), by_lists_(by_lists) {}

  Result<void> give_folder(const Descriptor& folder, const std::string& path, int depth) {
    if (depth > depth_max) return fail(ErrorCode::denied, path + " lies too deep");
    const int number = ::openat(folder.number(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);  // closedir closes its own
    if (number < 0) return failed(path);
    const std::unique_ptr<DIR, CloseFolder> entries(::fdopendir(number));
    if (!entries) {
      ::close(number);
      return failed(path);
    }
    while (const dirent* entry = ::readdir(entries.get())) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") TRY_VOID(give_entry(folder, name, path + '/' + name, depth));
    }
    return give_one(folder, path, true);
  }
  [[nodiscard]] bool is_given(const Descriptor& folder) const {
    if (!by_lists_) {
      struct stat info {};
      return ::fstat(folder.number(), &info) == 0 && info.st_uid == to_.user;
    }
    std::array<char, 1024> list{};
    const ssize_t size = ::fgetxattr(folder.number(), access_attribute, list.data(), list.size());
    return size > 0 && names_user(std::string(list.data(), static_cast<std::size_t>(size)), to_.user);
  }

 private:
  Result<void> give_entry(const Descriptor& folder, const std::string& name, const std::string& path, int depth) {
    // What the agent has laid there are files and folders of its own; anything else is not its doing.
    const Descriptor file(
        ::openat(folder.number(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    struct stat info {};
    if (!file.is_open() || ::fstat(file.number(), &info) != 0) return failed(path);
    if (S_ISDIR(info.st_mode)) return give_folder(file, path, depth + 1);
    // The user has not been let in yet. What is the user's is of an earlier try that was interrupted.
    const bool is_ours = info.st_uid == ::geteuid() || info.st_uid == to_.user;
    if (!S_ISREG(info.st_mode) || !is_ours || info.st_nlink > 1)
      return fail(ErrorCode::denied, path + " is not a file that the agent has laid there");
    return give_one(file, path, false);
  }
  Result<void> give_one(const Descriptor& file, const std::string& path, bool is_folder) {
    struct stat info {};
    if (::fstat(file.number(), &info) != 0) return failed(path);
    if (!by_lists_) {
      if (::fchown(file.number(), to_.user, to_.group) != 0) return failed(path);
      // A folder's way in is opened last of all.
      const mode_t mode = is_folder ? 0700 : (info.st_mode & 0100) != 0 ? 0700 : 0600;
      return ::fchmod(file.number(), mode) == 0 ? Result<void>() : failed(path);
    }
    AccessList list;
    list.first = ::geteuid();
    list.second = to_.user;
    list.bits = is_folder || (info.st_mode & 0100) != 0 ? 7 : 6;
    if (is_folder) TRY_VOID(set(file, path, default_attribute, list));
    return set(file, path, access_attribute, list);
  }
  static Result<void> set(const Descriptor& file, const std::string& path, const char* attribute,
                          const AccessList& list) {
    const std::string value = list.encode();
    if (::fsetxattr(file.number(), attribute, value.data(), value.size(), 0) == 0) return {};
    if (errno != EOPNOTSUPP) return failed(path);
    return fail(ErrorCode::denied, "the file system of " + path + " keeps no access lists (POSIX ACLs)",
                "mount it with them, or run the agent as root", "work_folder");
  }
  static tl::unexpected<Error> failed(const std::string& path) {
    const bool passes = errno == EIO || errno == ENOSPC || errno == EDQUOT || errno == EMFILE || errno == ESTALE;
    return fail(passes ? ErrorCode::unavailable : ErrorCode::denied,
                path + " cannot be given to the job's user: " + std::strerror(errno));
  }

  const Account to_;
  const bool by_lists_;
};

}  // namespace

bool is_user_name(const std::string& name) {
  const auto may_begin = [](char c) { return is_letter(c) || c == '_'; };
  return !name.empty() && name.size() <= user_name_max && may_begin(name[0]) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return may_begin(c) || is_digit(c) || c == '.' || c == '-' || c == '@'; });
}

JobUsers::JobUsers(Processes& processes) : processes_(processes), is_root_(::geteuid() == 0) {
  const auto own = account_of(::geteuid());
  own_name_ = own.has_value() ? own->name : std::to_string(::geteuid());
}

bool JobUsers::is_own(const std::string& user) const { return user.empty() || user == own_name_; }

std::vector<std::string> JobUsers::prefix(const std::string& user) const {
  if (is_own(user)) return {};
  if (is_root_) return {"runuser", "-u", user, "--"};
  return {"sudo", "-n", "-u", user, "--"};
}

std::vector<std::string> JobUsers::command(const std::string& user, const std::vector<std::string>& words) const {
  std::vector<std::string> all = prefix(user);
  all.insert(all.end(), words.begin(), words.end());
  return all;
}

Result<ProcessResult> JobUsers::run_as(const std::string& user, const std::vector<std::string>& words) const {
  ProcessSpec spec;
  spec.environment = {{"PATH", default_path}, {"LC_ALL", "C"}};
  spec.argv = command(user, words);
  spec.timeout = patience;
  return processes_.run(spec);
}

Result<void> JobUsers::give(const std::string& folder, const std::string& user) const {
  if (is_own(user)) return {};
  const auto account = account_of(user);
  if (!account.has_value()) return no_user(user);
  const Descriptor top(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!top.is_open()) return fail(ErrorCode::unavailable, folder + ": " + std::strerror(errno));
  Giver giver(*account, shares_by_lists(user));
  if (giver.is_given(top)) return {};
  return giver.give_folder(top, folder, 1);
}

void JobUsers::remove(const std::string& folder, const std::string& user) const {
  remove_tree(folder);
  if (is_own(user) || !exists(folder)) return;
  // Folders that the job closed to us.
  static_cast<void>(run_as(user, {"rm", "-rf", "--", folder}));
  remove_tree(folder);
}

Result<void> JobUsers::check(const std::string& user, const std::string& folder) const {
  const std::string& name = name_of(user);
  if (!is_user_name(name))
    return fail(ErrorCode::invalid, quote(name) + " is not the name of a local user",
                "a name of this machine's users", "user");
  const auto account = account_of(name);
  if (!account.has_value()) return no_user(name);
  if (account->user == 0)
    return fail(ErrorCode::denied, quote(name) + " is root, who runs no jobs", "name an ordinary user", "user");
  if (is_own(user)) return {};
  const auto switched = run_as(user, {"true"});
  if (!switched.has_value() || switched->exit_code != 0) {
    const std::string said = switched.has_value() ? switched->err : to_text(switched.error());
    return fail(ErrorCode::denied,
                quote(own_name_) + " may not run commands as " + quote(user) + ": " + complaint(said),
                "put into /etc/sudoers.d/dayan: " + own_name_ + " ALL=(" + user + ") NOPASSWD: ALL", "user");
  }
  return try_folder(user, folder);
}

Result<void> JobUsers::try_folder(const std::string& user, const std::string& folder) const {
  const std::string trial = folder + "/.try-" + user;
  remove(trial, user);
  TRY_VOID(make_folder(trial, 0700));
  const auto given = give(trial, user);
  Result<ProcessResult> tried = ProcessResult{};
  if (given.has_value()) tried = run_as(user, {"sh", "-c", "echo it works >\"$1/word\"", "sh", trial});
  const auto word = read_file(trial + "/word", 100);
  remove(trial, user);
  TRY_VOID(given);
  if (!tried.has_value()) return fail(ErrorCode::unavailable, to_text(tried.error()));
  if (tried->exit_code != 0)
    return fail(ErrorCode::denied,
                quote(user) + " cannot write in folders below " + folder + ": " + complaint(tried->err),
                "set work_folder to a folder that others may pass through (mode 0711), outside of the agent's own",
                "work_folder");
  if (!word.has_value() || *word != "it works\n")
    return fail(ErrorCode::denied, "the agent cannot read what " + quote(user) + " writes below " + folder, {},
                "work_folder");
  return {};
}

}  // namespace dayan::adapters
