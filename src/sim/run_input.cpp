#include <algorithm>
#include <cmath>
#include <filesystem>

#include "sim/gavel_load.h"
#include "sim/run_load.h"
#include "trace/lublin.h"
#include "trace/text_file.h"

/// What is to be played: read or made.

namespace dayan::sim {
namespace {

using Input = tl::expected<Load, Faults>;

constexpr Duration day = Duration::hours(24);
constexpr std::int64_t lublin_processors = 256;
constexpr double lublin_load = 0.9;
constexpr double platform_load = 0.8;
constexpr double gavel_load = 0.9;
constexpr double load_max = 100;
constexpr std::int64_t jobs_max = 10'000'000;

tl::unexpected<Faults> wrong(std::string field, std::string what, std::string right) {
  return tl::unexpected(Faults{{ErrorCode::invalid, std::move(field), std::move(what), std::move(right)}});
}
tl::unexpected<Faults> unread(Error error, const char* option) {
  if (error.field.empty()) error.field = option;
  return tl::unexpected(Faults{std::move(error)});
}
tl::unexpected<Faults> wrong(Error error) { return tl::unexpected(Faults{std::move(error)}); }

tl::expected<void, Faults> machine_for(RunOrder& order, std::int64_t processors) {
  if (order.platform) return {};
  if (processors < 1 || processors > machine_processors_max)
    return wrong(
        "--processors",
        processors < 1 ? "the log does not say how many there are" : std::to_string(processors) + " processors",
        "give 1 to " + std::to_string(machine_processors_max) + ", or describe a platform with --platform");
  order.platform = platform_of(processors);
  return {};
}

Input read_swf(RunOrder& order) {
  const Result<std::string> text = trace::read_text(order.swf);
  if (!text) return unread(text.error(), "--swf");
  const auto log = trace::parse_swf(*text);
  if (!log) return tl::unexpected(trace::in_file(log.error(), order.swf));
  const std::int64_t processors = order.processors > 0 ? order.processors : log->processors_max.value_or(0);
  if (auto made = machine_for(order, processors); !made) return tl::unexpected(made.error());
  Load load = load_of(trace::rigid_jobs(*log));
  load.name = std::filesystem::path(order.swf).filename().string();
  return load;
}

/// The one file of a folder that begins so, compressed or not.
Result<std::string> find_list(const std::string& folder, const std::string& begin) {
  std::error_code failed;
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(begin + ".csv")) found.push_back(entry.path().string());
  }
  if (found.empty())
    return fail(ErrorCode::not_found, "there is no " + begin + ".csv in " + folder,
                "name the folder of the openb lists (CSV, or CSV.gz)", "--openb");
  return *std::ranges::min_element(found);
}

Input read_openb(RunOrder& order) {
  const Result<std::string> pods_path = find_list(order.openb, "openb_pod_list_" + order.pods);
  if (!pods_path) return wrong(pods_path.error());
  const Result<std::string> pods_text = trace::read_text(*pods_path);
  if (!pods_text) return wrong(pods_text.error());
  const auto pods = trace::parse_openb_pods(*pods_text);
  if (!pods) return tl::unexpected(trace::in_file(pods.error(), *pods_path));
  if (pods->empty()) return wrong(*pods_path, "lists no pod", "a list with some");
  if (!order.platform) {
    const Result<std::string> nodes_path = find_list(order.openb, "openb_node_list_gpu_node");
    if (!nodes_path) return wrong(nodes_path.error());
    const Result<std::string> nodes_text = trace::read_text(*nodes_path);
    if (!nodes_text) return wrong(nodes_text.error());
    const auto nodes = trace::parse_openb_nodes(*nodes_text);
    if (!nodes) return tl::unexpected(trace::in_file(nodes.error(), *nodes_path));
    order.platform = platform_of(*nodes);
  }
  Load load = draw_pods(*pods, order.jobs, order.span > Duration() ? order.span : day, order.seed);
  load.name = "pods drawn from openb " + order.pods;
  return load;
}

/// Arrivals are stretched or squeezed so that the work asked for is so much of what the platform has until the last.
void scale_to(std::vector<trace::RigidJob>& jobs, const jobfile::PlatformFile& platform, double load) {
  double cores = 0;
  for (const jobfile::CentreFile& centre : platform.centres)
    for (const PoolRow& pool : centre.pools) cores += static_cast<double>((pool.cores_per_node * pool.nodes).value());
  double work = 0;
  Duration last;
  for (const trace::RigidJob& job : jobs) {
    work += static_cast<double>(job.processors) * static_cast<double>(job.run.microseconds());
    last = std::max(last, job.submit);
  }
  if (last <= Duration() || cores <= 0) return;
  const double factor = work / (load * cores * static_cast<double>(last.microseconds()));
  for (trace::RigidJob& job : jobs)
    job.submit = Duration::seconds(std::llround(static_cast<double>(job.submit.microseconds()) / 1e6 * factor));
}

Input generate_lublin(RunOrder& order) {
  trace::LublinLoad from;
  from.jobs = order.jobs;
  from.processors = order.processors > 0 ? order.processors : lublin_processors;
  const double wanted = order.load > 0 ? order.load : lublin_load;
  from.load = order.platform ? 0 : wanted;
  from.seed = order.seed;
  if (auto made = machine_for(order, from.processors); !made) return tl::unexpected(made.error());
  auto jobs = trace::lublin_jobs(from);
  if (!jobs) return wrong(jobs.error());
  if (from.load == 0) scale_to(*jobs, *order.platform, wanted);
  Load load = load_of(trace::RigidLog{*std::move(jobs), 0});
  load.name = "Lublin-Feitelson, seed " + std::to_string(order.seed);
  return load;
}

Input draw_gavel(RunOrder& order) {
  const Result<std::string> text = trace::read_text(order.gavel);
  if (!text) return unread(text.error(), "--gavel");
  const auto table = trace::parse_gavel(*text);
  if (!table) return tl::unexpected(trace::in_file(table.error(), order.gavel));
  auto from = GavelLoad::make(*table);
  if (!from) return wrong(trace::error_in_file({from.error()}, order.gavel));
  if (!order.platform) order.platform = from->platform();
  Load load = from->draw(order.jobs, order.load > 0 ? order.load : gavel_load, order.seed);
  load.name = "training jobs by Gavel's rates, seed " + std::to_string(order.seed);
  return load;
}

Input generate_platform(RunOrder& order) {
  trace::PlatformSupply supply;
  supply.providers = static_cast<int>(order.providers);
  supply.seed = order.seed;
  const auto pools = trace::platform_pools(supply);
  if (!pools) return wrong(pools.error());
  trace::PlatformDemand demand;
  demand.jobs = order.jobs;
  demand.customers = static_cast<int>(order.customers.value_or(demand.customers));
  demand.span = order.span > Duration() ? order.span : day;
  demand.load = order.load > 0 ? order.load : platform_load;
  demand.seed = order.seed;
  const auto jobs = trace::platform_jobs(demand, *pools);
  if (!jobs) return wrong(jobs.error());
  if (!order.platform) order.platform = platform_of(*pools);
  Load load = load_of(*jobs);
  load.name = "a platform of " + std::to_string(order.providers) + " providers, seed " + std::to_string(order.seed);
  return load;
}

/// Centres that serve, or are open to, those alone whom they name.
bool names_organisations(const jobfile::PlatformFile& platform) {
  return std::ranges::any_of(platform.centres, [](const jobfile::CentreFile& centre) {
    return !centre.accepts.empty() || !centre.reservations.empty();
  });
}

Input read_load(RunOrder& order) {
  const int sources = !order.swf.empty() + !order.openb.empty() + !order.gavel.empty() + !order.generate.empty();
  if (sources > 1)
    return wrong("--swf", "more than one load is named", "one of --swf, --openb, --gavel and --generate");
  if (order.jobs < 1 || order.jobs > jobs_max)
    return wrong("--jobs", std::to_string(order.jobs) + " jobs", "1 to " + std::to_string(jobs_max));
  if (order.processors < 0 || order.processors > machine_processors_max)
    return wrong("--processors", std::to_string(order.processors) + " processors",
                 "1 to " + std::to_string(machine_processors_max));
  if (!(order.load >= 0 && order.load <= load_max))
    return wrong("--load", std::to_string(order.load), "above 0, at most " + std::to_string(load_max));
  if (order.load > 0 && (!order.swf.empty() || !order.openb.empty()))
    return wrong("--load", "it is of what is generated, or drawn from Gavel's table",
                 "leave it out: a log has its own times, and openb's pods come evenly, --jobs of them in --days");
  if (order.providers < 1 || order.providers > trace::platform_providers_max)
    return wrong("--providers", std::to_string(order.providers) + " providers",
                 "1 to " + std::to_string(trace::platform_providers_max));
  if (order.customers && (*order.customers < 1 || *order.customers > trace::platform_customers_max))
    return wrong("--customers", std::to_string(*order.customers) + " customers",
                 "1 to " + std::to_string(trace::platform_customers_max));
  if (order.customers && order.generate != "platform")
    return wrong("--customers", "they are those of a generated platform",
                 "--generate platform; of a log each user is a customer, and other loads have one");
  if (order.customers && *order.customers > 1 && order.platform && names_organisations(*order.platform))
    return wrong("--customers", "the platform file names whom its centres serve, and none of these customers is among them",
                 "leave it out, and the file's customer submits everything; or a file without accepts and reservations");
  if (!order.swf.empty()) return read_swf(order);
  if (!order.openb.empty()) return read_openb(order);
  if (!order.gavel.empty()) return draw_gavel(order);
  if (order.generate == "lublin") return generate_lublin(order);
  if (order.generate == "platform") return generate_platform(order);
  if (!order.generate.empty())
    return wrong("--generate", "there is no generator '" + order.generate + "'", "lublin or platform");
  if (!order.platform || order.platform->jobs.empty())
    return wrong("--swf", "there is no load to play",
                 "--swf FILE, --openb FOLDER, --gavel FILE, --generate lublin or platform, or --platform with jobs "
                 "in its file");
  Load load = load_of(order.platform->jobs);
  load.name = "the jobs of the platform file";
  return load;
}

}  // namespace

tl::expected<RunInput, Faults> input_of(RunOrder order) {
  Input load = read_load(order);
  if (!load) return tl::unexpected(std::move(load).error());
  RunInput input{Scenario(*std::move(order.platform)), *std::move(load)};
  if (order.span > Duration()) cut(input.load, order.span);
  if (names_organisations(input.scenario.file())) join_customers(input.load);
  drop_impossible(input.load, input.scenario);
  drop_idle_customers(input.load);
  if (input.load.jobs.empty()) return wrong("", "no job of the load can be played", "a load with some");
  if (input.load.tasks() > load_tasks_max)
    return wrong("--jobs", std::to_string(input.load.tasks()) + " tasks",
                 "a load of at most " + std::to_string(load_tasks_max));
  return input;
}

}  // namespace dayan::sim
