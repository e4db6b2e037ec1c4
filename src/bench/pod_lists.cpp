#include "bench/pod_lists.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include "trace/text_file.h"

namespace dayan::bench {
namespace {

namespace fs = std::filesystem;
namespace sharing = place::sharing;

constexpr std::int64_t bytes_per_mib = 1 << 20;
constexpr std::string_view data_hint =
    "a folder with a node list and pod lists as github.com/hkust-adsl/kubernetes-scheduler-simulator publishes them "
    "(openb_node_list_gpu_node.csv, openb_pod_list_*.csv)";

/// The file's name without .csv or .csv.gz; nothing for another ending.
std::optional<std::string> list_name(const fs::path& path) {
  std::string name = path.filename().string();
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  if (!name.ends_with(".csv")) return std::nullopt;
  name.resize(name.size() - 4);
  return name;
}

Result<ListFile> choose_nodes(const std::map<std::string, std::string>& found, const std::string& folder) {
  std::vector<ListFile> lists;
  for (const auto& [name, path] : found) lists.push_back({name, path});
  if (lists.empty())
    return fail(ErrorCode::not_found, "no node list in '" + folder + "'", std::string(data_hint), "FOLDER");
  if (lists.size() == 1) return lists.front();
  std::erase_if(lists, [](const ListFile& list) { return list.name.find("gpu_node") == std::string::npos; });
  if (lists.size() == 1) return lists.front();
  return fail(ErrorCode::invalid, std::to_string(found.size()) + " node lists in '" + folder + "'",
              "say which one with --nodes FILE", "nodes");
}

sharing::ModelSet models_allowed(const trace::OpenbPod& pod, const std::vector<std::string>& models) {
  if (pod.models.empty()) return sharing::any_model;
  sharing::ModelSet allowed = 0;
  for (const std::string& model : pod.models) {
    const auto at = std::ranges::lower_bound(models, model);
    if (at != models.end() && *at == model) allowed |= sharing::ModelSet{1} << (at - models.begin());
  }
  return allowed;
}

Result<void> check_cards(const ListFile& file, const std::string& row, int cards) {
  if (cards <= sharing::cards_per_node_max) return {};
  return fail(ErrorCode::invalid, row + ": " + std::to_string(cards) + " cards on one node",
              "at most " + std::to_string(sharing::cards_per_node_max), file.path);
}

}  // namespace

Result<PackingFiles> find_packing_files(const std::string& folder, const std::string& nodes_path) {
  std::error_code failed;
  std::map<std::string, std::string> nodes;  // name → path; of a.csv and a.csv.gz the first in order of paths
  std::map<std::string, std::string> pods;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    const std::optional<std::string> name = list_name(at->path());
    if (!name) continue;
    auto& lists = name->find("pod_list") != std::string::npos ? pods : nodes;
    if (&lists == &nodes && name->find("node_list") == std::string::npos) continue;
    const std::string path = at->path().string();
    const auto [kept, is_new] = lists.emplace(*name, path);
    if (!is_new) kept->second = std::min(kept->second, path);
  }
  if (failed)
    return fail(ErrorCode::not_found, "'" + folder + "' cannot be read: " + failed.message(), std::string(data_hint),
                "FOLDER");
  PackingFiles files;
  if (nodes_path.empty()) {
    TRY(files.nodes, choose_nodes(nodes, folder));
  } else {
    files.nodes = {fs::path(nodes_path).filename().string(), nodes_path};
  }
  for (const auto& [name, path] : pods) files.pods.push_back({name, path});
  if (files.pods.empty())
    return fail(ErrorCode::not_found, "no pod list in '" + folder + "'", std::string(data_hint), "FOLDER");
  return files;
}

Result<PackingNodes> read_packing_nodes(const ListFile& file) {
  TRY(const std::string text, trace::read_text(file.path));
  auto rows = trace::parse_openb_nodes(text);
  if (!rows) return fail(trace::error_in_file(std::move(rows).error(), file.path));
  PackingNodes nodes;
  for (const trace::OpenbNode& row : *rows) {
    TRY_VOID(check_cards(file, row.name, row.cards));
    if (row.cards > 0) nodes.models.push_back(row.model);
  }
  std::ranges::sort(nodes.models);
  nodes.models.erase(std::ranges::unique(nodes.models).begin(), nodes.models.end());
  if (nodes.models.empty())
    return fail(ErrorCode::invalid, "no node has a card", "a list of nodes with cards", file.path);
  if (nodes.models.size() > sharing::models_max)
    return fail(ErrorCode::invalid, std::to_string(nodes.models.size()) + " models of cards",
                "at most " + std::to_string(sharing::models_max), file.path);
  for (const trace::OpenbNode& row : *rows) {
    const auto model = row.cards > 0 ? std::ranges::lower_bound(nodes.models, row.model) - nodes.models.begin() : 0;
    nodes.shapes.push_back({sharing::MilliCores(row.cpu_milli), Bytes(row.memory_mib * bytes_per_mib), row.cards,
                            static_cast<int>(model)});
  }
  nodes.rows = *std::move(rows);
  return nodes;
}

Result<PackingPods> read_packing_pods(const ListFile& file, const std::vector<std::string>& models) {
  TRY(const std::string text, trace::read_text(file.path));
  auto rows = trace::parse_openb_pods(text);
  if (!rows) return fail(trace::error_in_file(std::move(rows).error(), file.path));
  PackingPods pods{file.name, {}, {}};
  for (const trace::OpenbPod& row : *rows) {
    TRY_VOID(check_cards(file, row.name, row.cards));
    sharing::Demand demand{sharing::MilliCores(row.cpu_milli), Bytes(row.memory_mib * bytes_per_mib), row.cards,
                           row.card_milli, sharing::any_model};
    if (row.cards > 0) demand.models = models_allowed(row, models);
    pods.demands.push_back(demand);
  }
  if (std::ranges::none_of(pods.demands, [](const sharing::Demand& demand) { return demand.cards > 0; }))
    return fail(ErrorCode::invalid, "no pod asks for a card", "a list of pods with cards", file.path);
  pods.rows = *std::move(rows);
  return pods;
}

}  // namespace dayan::bench
