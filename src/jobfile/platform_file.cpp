#include "jobfile/platform_file.h"

#include <algorithm>
#include <set>

#include "base/scan.h"
#include "jobfile/job_reader.h"
#include "jobfile/source_text.h"
#include "jobfile/yaml_values.h"
#include "model/energy.h"

namespace dayan::jobfile {
namespace {

using Field = const std::string&;

constexpr std::int64_t nodes_max = 1'000'000;
constexpr std::int64_t cores_per_node_max = 100'000;

class PlatformReader {
 public:
  explicit PlatformReader(FaultList& faults) : faults_(faults) {}

  PlatformFile read(const YamlNode& root) {
    read_map(root, "",
             {{"customer", [&](const YamlNode& node, Field field) { read_name(node, field, file_.customer); }},
              {"centres", [&](const YamlNode& node, Field field) { read_centres(node, field); }},
              {"jobs", [&](const YamlNode& node, Field field) { read_jobs(node, field); }}},
             faults_);
    if (root.kind == YamlNode::Kind::map && file_.centres.empty() && faults_.empty())
      faults_.add("centres", "is missing", "describe at least one centre");
    const auto is_taken = [&](const CentreFile& centre) { return centre.provider == file_.customer; };
    if (file_.customer == "platform" || std::ranges::any_of(file_.centres, is_taken))
      faults_.add("customer", quote(file_.customer) + " is the name of another organisation", "give it one of its own");
    return std::move(file_);
  }

 private:
  void each(const YamlNode& node, Field field, const std::function<void(const YamlNode&, Field)>& read) {
    if (node.kind != YamlNode::Kind::list)
      return faults_.add(field, "is " + std::string(node.what()), "give a list, each element after a dash");
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      const std::string element = field + '[' + std::to_string(i) + ']';
      faults_.place(element, node.children[i].line);
      read(node.children[i], element);
    }
  }

  void read_centres(const YamlNode& node, Field field) {
    each(node, field, [&](const YamlNode& centre, Field at) { read_centre(centre, at); });
  }

  void read_jobs(const YamlNode& node, Field field) {
    each(node, field, [&](const YamlNode& job, Field at) {
      JobFile read = JobReader(faults_, at, false, platform_time).read(job);
      if (!read.spec.name.empty() && !job_names_.insert(read.spec.name).second)
        faults_.add(at + ".name", "there is a job " + quote(read.spec.name) + " already",
                    "give each job its own name");
      file_.jobs.push_back(std::move(read));
    });
  }

  /// A name of lower-case letters, digits and '-', as centres, providers and regions have.
  void read_name(const YamlNode& node, Field field, std::string& out) {
    read_text(node, field, out, faults_);
    if (faults_.covers(field)) return;
    const bool is_good =
        !out.empty() && out.size() <= name_length_max && out.front() != '-' &&
        std::ranges::all_of(out, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
    if (!is_good) faults_.add(field, quote(out) + " is not a name here", "give 1 to 64 of a-z, 0-9 and '-'");
  }

  void require(Field around, const YamlNode& map, std::string_view key, std::string right) {
    if (map.kind != YamlNode::Kind::map) return;
    const auto has = [&](const YamlNode& member) { return member.key == key; };
    if (std::ranges::none_of(map.children, has))
      faults_.add(around + '.' + std::string(key), "is missing", std::move(right));
  }

  void read_centre(const YamlNode& node, Field around) {
    CentreFile centre;
    centre.region = "nowhere";
    std::optional<Cny> core_hour;
    std::optional<Cny> card_hour;
    std::optional<Cny> gb_hour;
    std::optional<Cny> transfer_gb;
    const auto price = [&](std::optional<Cny>& out) {
      return [&](const YamlNode& member, Field field) { read_money(member, field, out, faults_); };
    };
    read_map(node, around,
             {{"name", [&](const YamlNode& member, Field field) { read_name(member, field, centre.name); }},
              {"provider", [&](const YamlNode& member, Field field) { read_name(member, field, centre.provider); }},
              {"region", [&](const YamlNode& member, Field field) { read_name(member, field, centre.region); }},
              {"prices",
               [&](const YamlNode& member, Field field) {
                 read_map(
                     member, field,
                     {{"core_hour", price(core_hour)},
                      {"card_hour", price(card_hour)},
                      {"gb_hour", price(gb_hour)},
                      {"transfer_gb", price(transfer_gb)},
                      {"hours", [&](const YamlNode& list, Field at) { read_hours(list, at, centre.hours); }},
                      {"reclaimable_percent",
                       [&](const YamlNode& percent, Field at) {
                         std::int64_t wanted = 100;
                         read_count(percent, at, 1, 100, wanted, faults_);
                         centre.reclaimable_part = wanted * (whole_price / 100);
                       }}},
                     faults_);
               }},
              {"accepts",
               [&](const YamlNode& member, Field field) { read_texts(member, field, centre.accepts, faults_); }},
              {"latency",
               [&](const YamlNode& member, Field field) {
                 read_latency(
                     member, field,
                     [&](const std::string& city, Duration time) { centre.latency.push_back({city, time}); }, faults_);
               }},
              {"pue", [&](const YamlNode& member, Field field) { read_pue(member, field, centre.pue); }},
              {"carbon",
               [&](const YamlNode& member, Field field) {
                 std::int64_t grams = 0;
                 read_count(member, field, 0, carbon_intensity_max, grams, faults_);
                 if (!faults_.covers(field)) centre.carbon = grams;
               }},
              {"carbon_hours",
               [&](const YamlNode& member, Field field) { read_hours(member, field, centre.carbon_hours); }},
              {"bandwidth",
               [&](const YamlNode& member, Field field) { read_bandwidth(member, field, centre.bandwidth); }},
              {"pools",
               [&](const YamlNode& member, Field field) {
                 each(member, field, [&](const YamlNode& pool, Field at) { read_pool(pool, at, centre); });
               }},
              {"silent",
               [&](const YamlNode& member, Field field) {
                 each(member, field, [&](const YamlNode& silence, Field at) { read_silence(silence, at, centre); });
               }},
              {"reservations",
               [&](const YamlNode& member, Field field) {
                 each(member, field, [&](const YamlNode& span, Field at) { read_reservation(span, at, centre); });
               }},
              {"tariff", nullptr, "hours in prices, e.g. hours: [{from: \"22:00\", until: \"06:00\", percent: 60}]"}},
             faults_);
    check_reservations(around, centre);
    if (!centre.carbon && !centre.carbon_hours.empty() && !faults_.covers(around + ".carbon"))
      faults_.add(around + ".carbon", "is missing, though hours are at which it is another percentage",
                  "give grams of CO2 per kWh");
    require(around, node, "name", "give the centre a name");
    require(around, node, "pools", "describe at least one pool of like nodes");
    if (centre.provider.empty()) centre.provider = centre.name;
    if (!centre.name.empty() && !centre_names_.insert(centre.name).second)
      faults_.add(around + ".name", "there is a centre " + quote(centre.name) + " already", "give each its own name");
    const bool has_cards =
        std::ranges::any_of(centre.pools, [](const PoolRow& pool) { return !pool.cards_per_node.is_zero(); });
    const auto known = [&](const std::optional<Cny>& given, const char* key, bool is_needed) {
      const std::string field = around + ".prices." + key;
      if (!given && is_needed && !faults_.covers(field))
        faults_.add(field, "is missing", "give yuan an hour; \"0\" when it is free");
      return given.value_or(Cny());
    };
    centre.core_hour = known(core_hour, "core_hour", true);
    centre.card_hour = known(card_hour, "card_hour", has_cards);
    centre.gb_hour = known(gb_hour, "gb_hour", false);
    centre.transfer_gb = known(transfer_gb, "transfer_gb", false);
    file_.centres.push_back(std::move(centre));
  }

  /// "[{from: \"23:00\", until: \"07:00\", percent: 60}]": the beginning of a platform is a midnight.
  void read_hours(const YamlNode& node, Field around, std::vector<DayHours>& out) {
    const auto read_time = [&](DayTime& time) {
      return [this, &time](const YamlNode& member, Field field) {
        std::string text;
        read_text(member, field, text, faults_);
        if (faults_.covers(field)) return;
        const auto read = parse_day_time(text);
        if (read.has_value()) time = *read;
        else faults_.add(field, read.error().wrong, read.error().right);
      };
    };
    const bool was_good = faults_.empty();
    each(node, around, [&](const YamlNode& window, Field at) {
      DayHours hours;
      std::int64_t percent = 100;
      read_map(window, at,
               {{"from", read_time(hours.from)},
                {"until", read_time(hours.until)},
                {"percent",
                 [&](const YamlNode& member, Field field) {
                   read_count(member, field, hours_percent_min, hours_percent_max, percent, faults_);
                 }}},
               faults_);
      require(at, window, "from", "say from which time of day, e.g. 23:00");
      require(at, window, "until", "say until which time of day, e.g. 07:00");
      require(at, window, "percent", "say which percentage of the usual holds, e.g. 60");
      hours.percent = static_cast<std::int32_t>(percent);
      out.push_back(hours);
    });
    if (!was_good || !faults_.empty()) return;
    Faults faults;
    check_hours(around, out, faults);
    for (Error& fault : faults) faults_.add(std::move(fault.field), std::move(fault.wrong), std::move(fault.right));
  }

  void read_silence(const YamlNode& node, Field around, CentreFile& centre) {
    Silence silence;
    read_map(node, around, span_keys(silence.from, silence.span), faults_);
    require(around, node, "from", "say when it begins, e.g. 2h from the beginning");
    require(around, node, "for", "say how long it lasts, e.g. 30m");
    centre.silences.push_back(silence);
  }

  void read_reservation(const YamlNode& node, Field around, CentreFile& centre) {
    ClosedSpan closed;
    std::vector<YamlKey> keys = span_keys(closed.from, closed.span);
    keys.push_back({"pool", [&](const YamlNode& member, Field field) { read_text(member, field, closed.pool, faults_); }});
    keys.push_back({"organisations", [&](const YamlNode& member, Field field) {
                      read_texts(member, field, closed.organisations, faults_);
                    }});
    keys.push_back({"note", [&](const YamlNode& member, Field field) { read_text(member, field, closed.note, faults_); }});
    read_map(node, around, keys, faults_);
    require(around, node, "from", "say when it begins, e.g. 2h from the beginning");
    require(around, node, "for", "say how long it lasts, e.g. 30m");
    centre.reservations.push_back(std::move(closed));
  }

  /// Each is of a pool that is there; the rest the core says when the centre is made.
  void check_reservations(Field around, const CentreFile& centre) {
    for (std::size_t i = 0; i < centre.reservations.size(); ++i) {
      const std::string& pool = centre.reservations[i].pool;
      if (pool.empty() || std::ranges::find(centre.pools, pool, &PoolRow::name) != centre.pools.end()) continue;
      faults_.add(around + ".reservations[" + std::to_string(i) + "].pool", "there is no pool " + quote(pool),
                  "give one of the centre's pools, or leave it out for all of them");
    }
  }

  /// "from: 2h" and "for: 30m".
  std::vector<YamlKey> span_keys(Duration& from, Duration& span) {
    return {{"from", [&](const YamlNode& member, Field field) { read_duration(member, field, from, faults_); }},
            {"for", [&](const YamlNode& member, Field field) {
               read_duration(member, field, span, faults_);
               if (!faults_.covers(field) && span <= Duration())
                 faults_.add(field, "lasts no time", "give a length of time above zero, e.g. 30m");
             }}};
  }

  void read_outage(const YamlNode& node, Field around, std::vector<Outage>& out) {
    Outage outage;
    std::int64_t nodes = 0;
    std::vector<YamlKey> keys = span_keys(outage.from, outage.span);
    keys.push_back({"nodes", [&](const YamlNode& member, Field field) {
                      read_count(member, field, 1, nodes_max, nodes, faults_);
                    }});
    read_map(node, around, keys, faults_);
    require(around, node, "from", "say when they leave, e.g. 2h from the beginning");
    require(around, node, "for", "say how long they stay away, e.g. 30m");
    require(around, node, "nodes", "say how many leave");
    outage.nodes = static_cast<std::int32_t>(nodes);
    out.push_back(std::move(outage));
  }

  void read_pool(const YamlNode& node, Field around, CentreFile& centre) {
    PoolRow pool;
    pool.wall_time_max = wall_time_limit_max;
    std::int64_t nodes = 0;
    std::int64_t cores = 0;
    std::vector<Outage> outages;
    const auto count = [&](std::int64_t high, std::int64_t& out) {
      return [this, high, &out](const YamlNode& member, Field field) {
        read_count(member, field, 1, high, out, faults_);
      };
    };
    read_map(node, around,
             {{"name", [&](const YamlNode& member, Field field) { read_text(member, field, pool.name, faults_); }},
              {"nodes", count(nodes_max, nodes)},
              {"cpus", count(cores_per_node_max, cores)},
              {"memory",
               [&](const YamlNode& member, Field field) { read_size(member, field, pool.memory_per_node, faults_); }},
              {"cards",
               [&](const YamlNode& member, Field field) { read_cards(member, field, pool.cards_per_node, faults_); }},
              {"chip", [&](const YamlNode& member, Field field) { read_text(member, field, pool.chip, faults_); }},
              {"software", [&](const YamlNode& member, Field field) { read_software(member, field, pool.software); }},
              {"wall_time_max", [&](const YamlNode& member,
                                    Field field) { read_duration(member, field, pool.wall_time_max, faults_); }},
              {"capability", [&](const YamlNode& member, Field field) { read_capability(member, field, pool); }},
              {"core_power",
               [&](const YamlNode& member, Field field) {
                 read_power(member, field, core_power_max, pool.core_power, faults_);
               }},
              {"card_power",
               [&](const YamlNode& member, Field field) {
                 read_power(member, field, card_power_max, pool.card_power, faults_);
               }},
              {"outages",
               [&](const YamlNode& member, Field field) {
                 each(member, field, [&](const YamlNode& outage, Field at) { read_outage(outage, at, outages); });
               }}},
             faults_);
    for (const char* key : {"name", "nodes", "cpus", "memory"})
      require(around, node, key, "say what each node is like");
    if (!pool.name.empty() && !is_plain_name(pool.name))
      faults_.add(around + ".name", quote(pool.name) + " is not a name",
                  "give 1 to 64 of letters, digits, '.', '_', '-'");
    if (!pool.cards_per_node.is_zero() && pool.chip.empty())
      faults_.add(around + ".chip", "is missing", "name the model of the cards");
    if (std::ranges::find(centre.pools, pool.name, &PoolRow::name) != centre.pools.end())
      faults_.add(around + ".name", "there is a pool " + quote(pool.name) + " already",
                  "give each pool its own name");
    pool.nodes = static_cast<std::int32_t>(nodes);
    pool.cores_per_node = Cores(cores);
    for (std::size_t i = 0; i < outages.size(); ++i) {
      const std::string field = around + ".outages[" + std::to_string(i) + "].nodes";
      if (nodes > 0 && outages[i].nodes > pool.nodes)
        faults_.add(field, std::to_string(outages[i].nodes) + " nodes of " + std::to_string(pool.nodes),
                    "no more can leave than there are");
      outages[i].pool = pool.name;
      centre.outages.push_back(outages[i]);
    }
    centre.pools.push_back(std::move(pool));
  }

  /// "1.2": power drawn over power used.
  void read_pue(const YamlNode& node, Field field, std::optional<std::int64_t>& out) {
    std::string text;
    read_text(node, field, text, faults_);
    if (faults_.covers(field)) return;
    const std::optional<MilliCards> thousandths = parse_cards(text);  // a number to the thousandth
    if (!thousandths || thousandths->value() < pue_min || thousandths->value() > pue_max)
      return faults_.add(field, quote(text) + " is not a PUE", "give 1 to 10, e.g. 1.2");
    out = thousandths->value();
  }

  /// "100 MB/s".
  void read_bandwidth(const YamlNode& node, Field field, std::optional<Bandwidth>& out) {
    std::string text;
    read_text(node, field, text, faults_);
    if (faults_.covers(field)) return;
    const Result<Bandwidth> read = parse_bandwidth(text);
    if (!read) return faults_.add(field, read.error().wrong, read.error().right);
    out = *read;
  }

  /// "povray 3.7.0.10": a program and its version.
  void read_software(const YamlNode& node, Field field, std::vector<Software>& out) {
    std::vector<std::string> texts;
    read_texts(node, field, texts, faults_);
    for (const std::string& text : texts) {
      const std::size_t space = std::min(text.find(' '), text.size());
      out.push_back({text.substr(0, space), space < text.size() ? text.substr(space + 1) : ""});
    }
  }

  /// "1.25": a core is a quarter faster than the reference core.
  void read_capability(const YamlNode& node, Field field, PoolRow& pool) {
    jobfile::read_capability(node, field, pool.core_capability, faults_);
    pool.capability_source = CapabilitySource::nominal;
  }

  FaultList& faults_;
  PlatformFile file_;
  std::set<std::string, std::less<>> centre_names_;
  std::set<std::string, std::less<>> job_names_;
};

}  // namespace

tl::expected<PlatformFile, Faults> parse_platform_yaml(std::string_view text) {
  FaultList faults;
  if (!check_source_text(text, "platform", faults, platform_bytes_max)) return tl::unexpected(faults.take());
  const auto root = read_yaml(text, faults);
  if (!root.has_value()) return tl::unexpected(faults.take());
  PlatformFile file = PlatformReader(faults).read(*root);
  if (!faults.empty()) return tl::unexpected(faults.take());
  return file;
}

}  // namespace dayan::jobfile
