#include "jobfile/platform_file.h"

#include <algorithm>
#include <set>

#include "base/scan.h"
#include "jobfile/centre_reader.h"
#include "jobfile/job_reader.h"
#include "jobfile/source_text.h"
#include "jobfile/yaml_values.h"

namespace dayan::jobfile {
namespace {

using Field = const std::string&;

class PlatformReader {
 public:
  explicit PlatformReader(FaultList& faults) : faults_(faults) {}

  PlatformFile read(const YamlNode& root) {
    const auto centre = [&](const YamlNode& node, Field at) { read_centre(node, at); };
    const auto job = [&](const YamlNode& node, Field at) { read_job(node, at); };
    read_map(
        root, "",
        {{"customer", [&](const YamlNode& node, Field field) { read_name(node, field, file_.customer, faults_); }},
         {"centres", [&](const YamlNode& node, Field field) { read_list(node, field, centre, faults_); }},
         {"jobs", [&](const YamlNode& node, Field field) { read_list(node, field, job, faults_); }}},
        faults_);
    if (root.kind == YamlNode::Kind::map && file_.centres.empty() && faults_.empty())
      faults_.add("centres", "is missing", "describe at least one centre");
    const auto is_taken = [&](const CentreFile& each) { return each.provider == file_.customer; };
    if (file_.customer == "platform" || std::ranges::any_of(file_.centres, is_taken))
      faults_.add("customer", quote(file_.customer) + " is the name of another organisation",
                  "give it one of its own");
    return std::move(file_);
  }

 private:
  void read_centre(const YamlNode& node, Field at) {
    CentreFile read = jobfile::read_centre(node, at, faults_);
    if (!read.name.empty() && !centre_names_.insert(read.name).second)
      faults_.add(at + ".name", "there is a centre " + quote(read.name) + " already", "give each its own name");
    file_.centres.push_back(std::move(read));
  }

  void read_job(const YamlNode& node, Field at) {
    JobFile read = JobReader(faults_, at, false, platform_time).read(node);
    if (!read.spec.name.empty() && !job_names_.insert(read.spec.name).second)
      faults_.add(at + ".name", "there is a job " + quote(read.spec.name) + " already", "give each job its own name");
    file_.jobs.push_back(std::move(read));
  }

  FaultList& faults_;
  PlatformFile file_;
  std::set<std::string, std::less<>> centre_names_;
  std::set<std::string, std::less<>> job_names_;
};

}  // namespace

Faults missing_transfer_prices(const PlatformFile& file) {
  const auto brings = [](const JobFile& job) { return !job.spec.payload.inputs.empty(); };
  const auto job = std::ranges::find_if(file.jobs, brings);
  Faults faults;
  for (std::size_t i = 0; job != file.jobs.end() && i < file.centres.size(); ++i) {
    if (file.centres[i].transfer_gb) continue;
    faults.push_back({ErrorCode::invalid, "centres[" + std::to_string(i) + "].prices.transfer_gb",
                      "is missing, though job " + quote(job->spec.name) +
                          " brings data that it would have to move there",
                      "give yuan a GB; \"0\" when it is free"});
  }
  return faults;
}

tl::expected<PlatformFile, Faults> parse_platform_yaml(std::string_view text) {
  FaultList faults;
  if (!check_source_text(text, "platform", faults, platform_bytes_max)) return tl::unexpected(faults.take());
  const auto root = read_yaml(text, faults);
  if (!root.has_value()) return tl::unexpected(faults.take());
  if (!has_any_key(*root, {"centres", "jobs", "customer"}) && has_any_key(*root, {"command", "script", "wall_time"})) {
    faults.add_at(root->line, "", "this is a job file: it describes a job, and no centres",
                  "name a platform file first, and job files behind it");
    return tl::unexpected(faults.take());
  }
  PlatformFile file = PlatformReader(faults).read(*root);
  if (faults.empty())
    for (Error& fault : missing_transfer_prices(file))
      faults.add(std::move(fault.field), std::move(fault.wrong), std::move(fault.right));
  if (!faults.empty()) return tl::unexpected(faults.take());
  return file;
}

}  // namespace dayan::jobfile
