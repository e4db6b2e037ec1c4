#include "jobfile/pool_reader.h"

#include <algorithm>

#include "base/scan.h"
#include "jobfile/yaml_values.h"
#include "model/chip.h"
#include "model/energy.h"
#include "model/rack.h"

namespace dayan::jobfile {
namespace {

using Field = const std::string&;

constexpr std::int64_t nodes_max = 1'000'000;
constexpr std::int64_t cores_per_node_max = 100'000;

Outage read_outage(const YamlNode& node, Field around, FaultList& faults) {
  Outage outage;
  std::int64_t nodes = 0;
  std::vector<YamlKey> keys = span_keys(outage.from, outage.span, faults);
  keys.push_back({"nodes", [&](const YamlNode& member, Field field) {
                    read_count(member, field, 1, nodes_max, nodes, faults);
                  }});
  read_map(node, around, keys, faults);
  require_key(node, around, "from", "say when they leave, e.g. 2h from the beginning", faults);
  require_key(node, around, "for", "say how long they stay away, e.g. 30m", faults);
  require_key(node, around, "nodes", "say how many leave", faults);
  outage.nodes = static_cast<std::int32_t>(nodes);
  return outage;
}

/// "povray 3.7.0.10": a program and its version.
void read_software(const YamlNode& node, Field field, std::vector<Software>& out, FaultList& faults) {
  std::vector<std::string> texts;
  read_texts(node, field, texts, faults);
  for (const std::string& text : texts) {
    const std::size_t space = std::min(text.find(' '), text.size());
    out.push_back({text.substr(0, space), space < text.size() ? text.substr(space + 1) : ""});
  }
}

/// "16": racks of so many nodes, and the rest in a smaller one; or the nodes of each rack, one after another.
void read_racks(const YamlNode& node, Field field, std::vector<std::int32_t>& sizes, std::int64_t& size,
                FaultList& faults) {
  if (node.kind != YamlNode::Kind::list) return read_count(node, field, 1, nodes_max, size, faults);
  read_list(
      node, field,
      [&](const YamlNode& rack, Field at) {
        std::int64_t nodes = 0;
        read_count(rack, at, 1, nodes_max, nodes, faults);
        sizes.push_back(static_cast<std::int32_t>(nodes));
      },
      faults);
}

/// Of all nodes by one size, or as they were listed.
void set_racks(PoolRow& pool, Field field, std::vector<std::int32_t> sizes, std::int64_t size, FaultList& faults) {
  if (size > 0) {
    for (std::int64_t left = pool.nodes; left > 0 && std::ssize(sizes) <= pool_racks_max; left -= size)
      sizes.push_back(static_cast<std::int32_t>(std::min(left, size)));
  }
  std::int64_t nodes = 0;
  for (const std::int32_t each : sizes) nodes += each;
  if (std::ssize(sizes) > pool_racks_max)
    return faults.add(field, "comes to too many racks", "give at most " + std::to_string(pool_racks_max));
  if (nodes > pool.nodes)
    return faults.add(field, "has " + std::to_string(nodes) + " nodes of " + std::to_string(pool.nodes),
                      "no more can stand in racks than there are");
  pool.racks = racks_of(std::move(sizes));
}

}  // namespace

PoolRow read_pool(const YamlNode& node, Field around, std::vector<Outage>& outages, FaultList& faults) {
  PoolRow pool;
  pool.wall_time_max = wall_time_limit_max;
  std::int64_t nodes = 0;
  std::int64_t cores = 0;
  std::vector<Outage> of_pool;
  std::vector<std::int32_t> racks;
  std::int64_t rack_size = 0;
  const auto count = [&](std::int64_t high, std::int64_t& out) {
    return [high, &out, &faults](const YamlNode& member, Field field) {
      read_count(member, field, 1, high, out, faults);
    };
  };
  read_map(node, around,
           {{"name", [&](const YamlNode& member, Field field) { read_text(member, field, pool.name, faults); }},
            {"nodes", count(nodes_max, nodes)},
            {"racks",
             [&](const YamlNode& member, Field field) { read_racks(member, field, racks, rack_size, faults); }},
            {"cpus", count(cores_per_node_max, cores)},
            {"memory",
             [&](const YamlNode& member, Field field) { read_size(member, field, pool.memory_per_node, faults); }},
            {"cards",
             [&](const YamlNode& member, Field field) { read_cards(member, field, pool.cards_per_node, faults); }},
            {"chip", [&](const YamlNode& member, Field field) { read_text(member, field, pool.chip, faults); }},
            {"software",
             [&](const YamlNode& member, Field field) { read_software(member, field, pool.software, faults); }},
            {"wall_time_max",
             [&](const YamlNode& member, Field field) { read_duration(member, field, pool.wall_time_max, faults); }},
            {"capability",
             [&](const YamlNode& member, Field field) {
               read_core_capability(member, field, pool.core_capability, faults);
               pool.capability_source = CapabilitySource::nominal;
             }},
            {"card_capability",
             [&](const YamlNode& member, Field field) {
               read_card_capability(member, field, pool.card_capability, faults);
               pool.card_capability_source = CapabilitySource::nominal;
             }},
            {"core_power", [&](const YamlNode& member,
                               Field field) { read_power(member, field, core_power_max, pool.core_power, faults); }},
            {"card_power", [&](const YamlNode& member,
                               Field field) { read_power(member, field, card_power_max, pool.card_power, faults); }},
            {"outages",
             [&](const YamlNode& member, Field field) {
               read_list(
                   member, field,
                   [&](const YamlNode& outage, Field at) { of_pool.push_back(read_outage(outage, at, faults)); },
                   faults);
             }}},
           faults);
  for (const char* key : {"name", "nodes", "cpus", "memory"})
    require_key(node, around, key, "say what each node is like", faults);
  if (!pool.name.empty() && !is_plain_name(pool.name))
    faults.add(around + ".name", quote(pool.name) + " is not a name",
               "give 1 to 64 of letters, digits, '.', '_', '-'");
  if (!pool.cards_per_node.is_zero() && pool.chip.empty())
    faults.add(around + ".chip", "is missing", "name the model of the cards");
  if (!pool.card_capability.is_zero() && pool.cards_per_node.is_zero())
    faults.add(around + ".card_capability", "is given, and the pool has no cards",
               "give the number of cards, or leave it out");
  fill_card_capability(pool);
  pool.nodes = static_cast<std::int32_t>(nodes);
  pool.cores_per_node = Cores(cores);
  if (nodes > 0) set_racks(pool, around + ".racks", std::move(racks), rack_size, faults);
  for (std::size_t i = 0; i < of_pool.size(); ++i) {
    const std::string field = around + ".outages[" + std::to_string(i) + "].nodes";
    if (nodes > 0 && of_pool[i].nodes > pool.nodes)
      faults.add(field, std::to_string(of_pool[i].nodes) + " nodes of " + std::to_string(pool.nodes),
                 "no more can leave than there are");
    of_pool[i].pool = pool.name;
    outages.push_back(std::move(of_pool[i]));
  }
  return pool;
}

}  // namespace dayan::jobfile
