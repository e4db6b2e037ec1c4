#include "agent/output_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "adapters/order_check.h"
#include "agent/glob.h"
#include "model/job.h"

namespace dayan::agent {

namespace {

using adapters::Descriptor;

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

tl::unexpected<Error> failed(const std::string& path) {
  switch (errno) {
    case ENOENT:
    case ENOTDIR: return fail(ErrorCode::not_found, path + " is not there");
    case ELOOP:
    case EACCES: return fail(ErrorCode::denied, path + " is a link or cannot be read");
    default: return fail(ErrorCode::unavailable, path + ": " + std::strerror(errno));
  }
}

Result<Descriptor> open_folder(const std::string& path) {
  Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder.is_open()) return failed(path);
  return folder;
}

/// Names that the engine, the agent or the manifest use themselves.
bool is_reserved(std::string_view path) {
  return path == adapters::stdout_file || path == adapters::stderr_file || path == adapters::script_file ||
         path == "stdout" || path == "stderr";
}

/// Walks a work folder and keeps what matches.
class Walk {
 public:
  explicit Walk(const std::vector<std::string>& patterns) : patterns_(patterns), matches_(patterns.size(), 0) {}

  void enter(Descriptor folder, const std::string& below, int depth) {
    if (depth > walk_depth_max)
      return note("folders deeper than " + std::to_string(walk_depth_max) + " were left out");
    const int number = ::dup(folder.number());  // closedir closes its own
    if (number < 0) return;
    const std::unique_ptr<DIR, CloseFolder> entries(::fdopendir(number));
    if (!entries) {
      ::close(number);
      return;
    }
    while (const dirent* entry = ::readdir(entries.get())) {
      const std::string name = entry->d_name;
      if (name == "." || name == "..") continue;
      if (++entries_ > walk_entries_max)
        return note("only the first " + std::to_string(walk_entries_max) + " names were looked at");
      look(folder, name, below.empty() ? name : below + '/' + name, depth);
    }
  }

  [[nodiscard]] FoundOutputs finish() {
    std::sort(found_.paths.begin(), found_.paths.end());
    for (std::size_t i = 0; i < patterns_.size(); ++i) {
      if (matches_[i] == 0) note("no file matches the output pattern '" + patterns_[i] + "'");
    }
    return std::move(found_);
  }

 private:
  void look(const Descriptor& folder, const std::string& name, const std::string& path, int depth) {
    struct stat info {};
    if (::fstatat(folder.number(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return;
    if (S_ISDIR(info.st_mode)) {
      Descriptor inner(::openat(folder.number(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (inner.is_open()) enter(std::move(inner), path, depth + 1);
      return;
    }
    if (is_reserved(path)) return;
    bool wanted = false;
    for (std::size_t i = 0; i < patterns_.size(); ++i) {
      if (!glob_matches(patterns_[i], path)) continue;
      wanted = true;
      ++matches_[i];
    }
    if (!wanted) return;
    if (!S_ISREG(info.st_mode)) return note("'" + path + "' is a link or no regular file and was left out");
    if (!is_safe_relative_path(path)) return note("a file whose name has control characters was left out");
    if (found_.paths.size() >= output_files_max) {
      return note("only the first " + std::to_string(output_files_max) + " files were taken");
    }
    const std::size_t bytes = path.size() + manifest_entry_bytes;
    if (bytes > manifest_bytes_max - manifest_bytes_) {
      return note("'" + path.substr(0, 200) + "' was left out: the list of outputs is full");
    }
    manifest_bytes_ += bytes;
    found_.paths.push_back(path);
  }
  void note(const std::string& text) {
    if (found_.missing.find(text) != std::string::npos || found_.missing.size() > 1'000) return;
    found_.missing += (found_.missing.empty() ? "" : "; ") + text;
  }

  const std::vector<std::string>& patterns_;
  std::vector<int> matches_;
  std::size_t entries_ = 0;
  std::size_t manifest_bytes_ = 0;
  FoundOutputs found_;
};

}  // namespace

Result<FoundOutputs> find_outputs(const std::string& folder, const std::vector<std::string>& patterns) {
  TRY(Descriptor top, open_folder(folder));
  Walk walk(patterns);
  if (!patterns.empty()) walk.enter(std::move(top), "", 1);
  return walk.finish();
}

Result<Descriptor> open_inside(const std::string& folder, const std::string& path) {
  if (!is_safe_relative_path(path)) return fail(ErrorCode::denied, path + " is not inside the work folder");
  TRY(Descriptor at, open_folder(folder));
  struct stat owner {};
  if (::fstat(at.number(), &owner) != 0) return failed(folder);
  const bool is_others = ::geteuid() == 0 && owner.st_uid != 0;
  std::string_view rest = path;
  for (std::size_t slash = rest.find('/'); slash != std::string_view::npos; slash = rest.find('/')) {
    const std::string part(rest.substr(0, slash));
    Descriptor next(::openat(at.number(), part.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next.is_open()) return failed(path);
    at = std::move(next);
    rest.remove_prefix(slash + 1);
  }
  const std::string name(rest);
  // Without O_NONBLOCK a pipe of the attempt's making would hold the agent for ever.
  Descriptor file(::openat(at.number(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.is_open()) return failed(path);
  struct stat info {};
  if (::fstat(file.number(), &info) != 0) return failed(path);
  if (!S_ISREG(info.st_mode)) return fail(ErrorCode::denied, path + " is no regular file");
  // An agent that is root could read anything: a second name that the job's user gave to somebody else's file too.
  if (is_others && info.st_uid != owner.st_uid) return fail(ErrorCode::denied, path + " belongs to somebody else");
  return file;
}

}  // namespace dayan::agent
