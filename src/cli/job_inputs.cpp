#include "cli/job_inputs.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/scan.h"
#include "cli/display.h"
#include "cli/local_file.h"
#include "jobfile/source_text.h"

namespace dayan::cli {
namespace {

namespace fs = std::filesystem;

bool is_inside(const fs::path& path, const fs::path& folder) {
  const auto [end, other] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  // "/a/" and "/a" name one folder; the first has an empty part at its end.
  return end == folder.end() || (end->empty() && std::next(end) == folder.end());
}

class Gatherer {
 public:
  Gatherer(fs::path folder, Progress& progress) : folder_(std::move(folder)), progress_(progress) {}

  void add(const jobfile::LocalInput& input);
  [[nodiscard]] Answer<std::vector<GatheredInput>> finish();

 private:
  void add_folder(const jobfile::LocalInput& input, const fs::path& folder);
  void add_entry(const fs::directory_entry& entry, const jobfile::LocalInput& input, const fs::path& folder,
                 const fs::path& root);
  void add_file(const std::string& path, const fs::path& local, bool executable);
  void fault(const std::string& path, std::string wrong, std::string right) {
    faults_.push_back({ErrorCode::invalid, "inputs[" + path + "]", std::move(wrong), std::move(right)});
  }

  const fs::path folder_;  ///< of the job file, canonical
  Progress& progress_;
  std::vector<GatheredInput> inputs_;
  std::set<std::string> paths_;
  Faults faults_;
  bool has_too_many_ = false;
};

void Gatherer::add(const jobfile::LocalInput& input) {
  const fs::path named = folder_ / input.local;
  std::error_code error;
  const fs::path real = fs::canonical(named, error);
  if (error)
    return fault(input.path, quote(named.string()) + " cannot be read: " + error.message(),
                 "name a file that is there");
  // What is named outright may lie anywhere; a link beside the job file may not lead out of its folder.
  const bool is_beside = is_inside(named.lexically_normal(), folder_);
  if (is_beside && !is_inside(real, folder_)) {
    return fault(input.path,
                 "a link in " + quote(named.string()) + " leads to " + quote(real.string()) +
                     ", outside the job file's folder",
                 "name that file itself, or copy it here");
  }
  const fs::file_status status = fs::status(real, error);
  if (fs::is_directory(status)) return add_folder(input, real);
  if (!fs::is_regular_file(status))
    return fault(input.path, "it is neither a file nor a folder", "name a file or a folder");
  add_file(input.path, real, input.executable);
}

void Gatherer::add_folder(const jobfile::LocalInput& input, const fs::path& folder) {
  const fs::path root = is_inside(folder, folder_) ? folder_ : folder;
  std::vector<fs::directory_entry> entries;
  std::error_code error;
  fs::recursive_directory_iterator at(folder, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    entries.push_back(*at);
    if (entries.size() > 10 * input_files_max) {
      return fault(input.path, "the folder holds too many files",
                   "at most " + std::to_string(input_files_max) + ": pack them into one archive");
    }
  }
  if (error) return fault(input.path, "the folder cannot be read: " + error.message(), "");
  std::sort(entries.begin(), entries.end());
  const std::size_t before = inputs_.size() + faults_.size();
  for (const fs::directory_entry& entry : entries) add_entry(entry, input, folder, root);
  if (inputs_.size() + faults_.size() == before)
    fault(input.path, "the folder holds no files", "leave it out, or put a file in");
}

void Gatherer::add_entry(const fs::directory_entry& entry, const jobfile::LocalInput& input, const fs::path& folder,
                         const fs::path& root) {
  const std::string path = input.path + '/' + entry.path().lexically_relative(folder).string();
  std::error_code error;
  if (entry.is_symlink(error)) {
    const fs::path real = fs::canonical(entry.path(), error);
    if (error) return fault(path, "the link leads nowhere: " + error.message(), "remove it");
    if (!is_inside(real, root)) {
      return fault(path, "the link leads to " + quote(real.string()) + ", outside " + quote(root.string()),
                   "copy the file here");
    }
    if (!fs::is_regular_file(real, error))
      return fault(path, "the link does not lead to a file", "name that folder as an input of its own");
    return add_file(path, real, false);
  }
  if (entry.is_directory(error)) {
    if (fs::is_empty(entry.path(), error))
      fault(path, "the folder is empty, and only files are sent", "let the job make it, or put a file in");
    return;
  }
  if (!entry.is_regular_file(error)) return fault(path, "it is neither a file nor a folder", "leave it out");
  add_file(path, entry.path(), input.executable);
}

void Gatherer::add_file(const std::string& path, const fs::path& local, bool executable) {
  jobfile::FaultList not_utf8;
  if (!jobfile::check_source_text(path, "its name", not_utf8))
    return fault(quote(path), "its name is not UTF-8", "rename the file");
  if (!is_safe_relative_path(path)) return fault(path, "it is not a path inside the work folder", "rename the file");
  if (!paths_.insert(path).second) return fault(path, "it is given twice", "give each file once");
  if (inputs_.size() == input_files_max) {
    // Once: the rest would say the same.
    if (!has_too_many_)
      fault(path, "a job has at most " + std::to_string(input_files_max) + " input files",
            "pack them into one archive");
    has_too_many_ = true;
    return;
  }
  std::error_code error;
  const bool may_run = (fs::status(local, error).permissions() & fs::perms::owner_exec) != fs::perms::none;
  inputs_.push_back({InputFile{path, {}, {}, executable || may_run}, local.string()});
}

Answer<std::vector<GatheredInput>> Gatherer::finish() {
  if (!faults_.empty()) return end_with(Exit::usage, std::move(faults_));
  for (GatheredInput& input : inputs_) {
    const auto on_bytes = [&](Bytes read) {
      progress_.show_fine("hashing " + input.file.path + ": " + readable(read));
    };
    auto read = digest_file(input.local, on_bytes);
    if (!read.has_value()) {
      Faults shown = std::move(read).error().faults;
      return end_with(Exit::usage, std::move(shown));
    }
    input.file.digest = read->digest;
    input.file.size = read->size;
  }
  return std::move(inputs_);
}

}  // namespace

Answer<std::vector<GatheredInput>> gather_inputs(const std::vector<jobfile::LocalInput>& wanted,
                                                 const std::string& folder, Progress& progress) {
  std::error_code error;
  const fs::path root = fs::canonical(folder.empty() ? "." : folder, error);
  if (error) return bad_usage("the folder " + quote(folder) + " cannot be read: " + error.message(), "");
  Gatherer gatherer(root, progress);
  for (const jobfile::LocalInput& input : wanted) gatherer.add(input);
  return gatherer.finish();
}

}  // namespace dayan::cli
