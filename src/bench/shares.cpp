#include <algorithm>
#include <cstdio>
#include <iomanip>
#include <memory>
#include <optional>

#include "base/prng.h"
#include "bench/clp_shares.h"
#include "bench/command.h"
#include "model/json.h"
#include "place/share/max_min.h"
#include "trace/gavel.h"
#include "trace/text_file.h"

/// dayan-bench shares: Gavel's max-min shares over its own table of throughputs, beside CLP.

namespace dayan::bench {
namespace {

namespace share = place::share;

constexpr int jobs_max = 1'000'000;
/// Types of cards whose jobs are spread over several nodes are not cards of their own.
constexpr std::string_view spread_suffix = "_unconsolidated";
/// Scale factors and how many of a hundred jobs have them: the distribution in Microsoft's Philly trace that Gavel
/// draws from (OSDI'20, section 7.1). Scales that the table has no kinds for are left out.
constexpr std::array<std::pair<int, std::uint64_t>, 4> scale_parts = {{{1, 70}, {2, 10}, {4, 15}, {8, 5}}};
/// Weights are drawn evenly from 1 to 5, in millionths, so that hardly two jobs are alike.
constexpr std::int64_t weight_unit = 1'000'000;
constexpr std::int64_t weight_min = 1 * weight_unit;
constexpr std::int64_t weight_max = 5 * weight_unit;

struct Options {
  Output output;
  std::string table_path;
  std::int64_t jobs = 2048;
  std::uint64_t seed = 1;
  std::vector<std::string> cards;  ///< NAME=COUNT; empty: every type, a card of it for each 8 jobs
  int repeats = 5;
  int changes = 1000;
  std::int64_t solver_jobs_max = 4096;
};

/// The part of the table that is used, as the library wants it.
struct Field {
  std::vector<std::string> types;
  share::Cluster cluster;
  std::vector<int> kinds;                             ///< that run on some card
  std::vector<std::pair<int, std::uint64_t>> scales;  ///< of scale_parts, those that kinds have
};

Result<double> count_of(const std::string& text, const std::string& name) {
  const std::string number = text.substr(name.size() + 1);
  char* end = nullptr;
  const long count = std::strtol(number.c_str(), &end, 10);
  if (number.empty() || *end != '\0' || count < 0 || count > 1'000'000'000)
    return fail(ErrorCode::invalid, "'" + text + "'", "NAME=COUNT, a count of 0 to 1,000,000,000", "cards");
  return static_cast<double>(count);
}

/// The types asked for with their counts, or every type whose jobs are not spread.
Result<std::vector<std::pair<const trace::GavelTable::Card*, double>>> cards_of(const Options& options,
                                                                                const trace::GavelTable& table) {
  std::vector<std::pair<const trace::GavelTable::Card*, double>> chosen;
  if (options.cards.empty()) {
    for (const auto& card : table.cards)
      if (!card.name.ends_with(spread_suffix))
        chosen.emplace_back(&card, static_cast<double>((options.jobs + 7) / 8));
    return chosen;
  }
  for (const std::string& text : options.cards) {
    const std::string name = text.substr(0, text.find('='));
    const auto card = std::ranges::find(table.cards, name, &trace::GavelTable::Card::name);
    if (card == table.cards.end() || name.size() == text.size())
      return fail(ErrorCode::invalid, "'" + text + "'", "NAME=COUNT with a type of cards of the table", "cards");
    TRY(const double count, count_of(text, name));
    chosen.emplace_back(&*card, count);
  }
  return chosen;
}

Result<Field> field_of(const Options& options, const trace::GavelTable& table) {
  TRY(const auto chosen, cards_of(options, table));
  Field field;
  for (const auto& [card, count] : chosen) {
    field.types.push_back(card->name);
    field.cluster.card_counts.push_back(count);
  }
  for (std::size_t kind = 0; kind < table.kinds.size(); ++kind) {
    bool runs = false;
    for (const auto& [card, count] : chosen) {
      const double rate = card->rates[kind].value_or(0);
      field.cluster.rates.push_back(rate);
      runs = runs || (rate > 0 && count > 0);
    }
    if (runs) field.kinds.push_back(static_cast<int>(kind));
  }
  for (const auto& part : scale_parts)
    if (std::ranges::any_of(
            field.kinds, [&](int kind) { return table.kinds[static_cast<std::size_t>(kind)].scale == part.first; }))
      field.scales.push_back(part);
  if (field.scales.empty())
    return fail(ErrorCode::invalid, "no kind of work for 1, 2, 4 or 8 cards runs on the cards chosen",
                "a table with some", "table");
  return field;
}

share::Work draw(const Field& field, const trace::GavelTable& table, Prng& random) {
  std::uint64_t parts = 0;
  for (const auto& [scale, part] : field.scales) parts += part;
  std::uint64_t at = random.below(parts);
  std::size_t chosen = 0;
  while (at >= field.scales[chosen].second) at -= field.scales[chosen++].second;
  const int scale = field.scales[chosen].first;
  std::vector<int> kinds;
  for (const int kind : field.kinds)
    if (table.kinds[static_cast<std::size_t>(kind)].scale == scale) kinds.push_back(kind);
  const int kind = kinds[random.below(kinds.size())];
  const auto weight = static_cast<double>(random.between(weight_min, weight_max)) / static_cast<double>(weight_unit);
  return {kind, weight, scale};
}

struct Figures {
  share::Level answer;
  double milliseconds = 0;
  std::vector<double> change_milliseconds;  ///< sorted
  double change_gap_max = 0;
  std::vector<double> shares;

  [[nodiscard]] double change_mean() const {
    double sum = 0;
    for (const double one : change_milliseconds) sum += one;
    return change_milliseconds.empty() ? 0 : sum / static_cast<double>(change_milliseconds.size());
  }
  [[nodiscard]] double change_percentile(std::size_t percent) const {
    return change_milliseconds.empty() ? 0 : change_milliseconds[(change_milliseconds.size() - 1) * percent / 100];
  }
};

/// From nothing to the level, its proof and every job's shares; the best of the repeats.
Result<share::MaxMinShares> solve_whole(const Options& options, const Field& field,
                                        const std::vector<share::Work>& works, Figures& figures) {
  std::optional<share::MaxMinShares> solved;
  for (int repeat = 0; repeat < options.repeats; ++repeat) {
    const double begin = cpu_seconds();
    TRY(auto shares, share::MaxMinShares::make(field.cluster));
    TRY([[maybe_unused]] const auto first, shares.add_all(works));
    figures.answer = shares.solve();
    shares.shares(figures.shares);
    const double took = (cpu_seconds() - begin) * 1000;
    if (repeat == 0 || took < figures.milliseconds) figures.milliseconds = took;
    solved = std::move(shares);
  }
  return std::move(*solved);
}

/// Ends and arrivals in turn, each followed by the new level, its proof and every job's new shares.
Result<void> change(const Options& options, const Field& field, const trace::GavelTable& table, Prng& random,
                    share::MaxMinShares& shares, Figures& figures) {
  std::vector<std::uint32_t> live(shares.jobs());
  for (std::uint32_t job = 0; job < live.size(); ++job) live[job] = job;
  std::vector<double> all = figures.shares;  // its own memory, as a scheduler would keep it
  for (int i = 0; i < options.changes; ++i) {
    const bool ends = i % 2 == 0 && live.size() > 1;
    const std::size_t at = random.below(live.size());
    const share::Work work = draw(field, table, random);
    const double begin = cpu_seconds();
    if (ends) {
      shares.remove(live[at]);
      live[at] = live.back();
      live.pop_back();
    } else {
      TRY(const std::uint32_t job, shares.add(work));
      live.push_back(job);
    }
    const share::Level& answer = shares.solve();
    shares.shares(all);
    figures.change_milliseconds.push_back((cpu_seconds() - begin) * 1000);
    figures.change_gap_max = std::max(figures.change_gap_max, 1 - answer.level / answer.bound);
  }
  std::ranges::sort(figures.change_milliseconds);
  return {};
}

void write_shares(std::ostream& out, const Field& field, const trace::GavelTable& table,
                  const std::vector<share::Work>& works, const std::vector<double>& shares) {
  out << std::setprecision(17) << "job,kind,scale,weight";
  for (const std::string& type : field.types) out << ',' << type;
  out << "\ncards,,,";
  for (const double count : field.cluster.card_counts) out << ',' << count;
  out << '\n';
  for (std::size_t job = 0; job < works.size(); ++job) {
    const share::Work& work = works[job];
    out << job << ',' << std::quoted(table.kinds[static_cast<std::size_t>(work.kind)].name, '"', '"') << ','
        << work.scale << ',' << work.weight;
    for (std::size_t g = 0; g < field.types.size(); ++g) out << ',' << shares[job * field.types.size() + g];
    out << '\n';
  }
}

void print(const Options& options, const Field& field, const Figures& figures,
           const std::optional<SolverLevel>& solver) {
  const share::Level& answer = figures.answer;
  const double difference = solver ? answer.level / solver->level - 1 : 0;
  if (options.output.json) {
    std::printf("{\"jobs\":%lld,\"seed\":%llu,\"cards\":{", static_cast<long long>(options.jobs),
                static_cast<unsigned long long>(options.seed));
    for (std::size_t g = 0; g < field.types.size(); ++g)
      std::printf("%s%s:%.0f", g == 0 ? "" : ",", json_text(JsonValue(field.types[g])).c_str(),
                  field.cluster.card_counts[g]);
    std::printf("},\"level\":%.15g,\"bound\":%.15g,", answer.level, answer.bound);
    if (solver) {
      std::printf("\"solver_level\":%.15g,\"difference\":%.3g,\"solver_seconds\":%.3f,", solver->level, difference,
                  solver->seconds);
    } else {
      std::printf("\"solver_level\":null,\"difference\":null,\"solver_seconds\":null,");
    }
    std::printf(
        "\"milliseconds\":%.3f,\"evaluations\":%d,\"milliseconds_per_change\":%.4f,"
        "\"milliseconds_per_change_p99\":%.4f,\"milliseconds_per_change_max\":%.4f,\"gap_max\":%.2g}\n",
        figures.milliseconds, answer.evaluations, figures.change_mean(), figures.change_percentile(99),
        figures.change_percentile(100), figures.change_gap_max);
    return;
  }
  std::printf("max-min shares of %lld jobs: level %.12g, proved within %.1g\n", static_cast<long long>(options.jobs),
              answer.level, 1 - answer.level / answer.bound);
  if (solver)
    std::printf("CLP in this run: level %.12g (difference %.1g), %.3f s\n", solver->level, difference,
                solver->seconds);
  std::printf("from nothing %.3f ms; a change %.4f ms, p99 %.4f ms, all shares written each time\n",
              figures.milliseconds, figures.change_mean(), figures.change_percentile(99));
}

Result<void> shares(const Options& options) {
  TRY(const std::string text, trace::read_text(options.table_path));
  const auto table = trace::parse_gavel(text);
  if (!table) return fail(trace::error_in_file(table.error(), options.table_path));
  TRY(const Field field, field_of(options, *table));
  Prng random(options.seed);
  Prng changes = random.split();
  std::vector<share::Work> works;
  for (std::int64_t job = 0; job < options.jobs; ++job) works.push_back(draw(field, *table, random));
  Figures figures;
  TRY(auto solved, solve_whole(options, field, works, figures));
  TRY_VOID(change(options, field, *table, changes, solved, figures));
  std::optional<SolverLevel> solver;
  if (options.jobs <= options.solver_jobs_max) {
    TRY(solver, solve_by_clp(field.cluster, works));
  }
  print(options, field, figures, solver);
  if (options.output.decisions_path.empty()) return {};
  return write_decisions(options.output.decisions_path,
                         [&](std::ostream& out) { write_shares(out, field, *table, works, figures.shares); });
}

}  // namespace

Command shares_command(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* app =
      program.add_subcommand("shares", "max-min fair shares over Gavel's table of throughputs, beside CLP");
  app->add_option("FILE", options->table_path, "Gavel's simulation_throughputs.json, or one compressed by gzip")
      ->required();
  app->add_option("--jobs", options->jobs, "how many jobs share")->check(CLI::Range(1, jobs_max));
  app->add_option("--seed", options->seed, "draws kinds, scale factors and weights");
  app->add_option("--cards", options->cards, "NAME=COUNT of the types to use (default: every type, one for 8 jobs)")
      ->delimiter(',');
  app->add_option("--repeats", options->repeats, "of the solution from nothing; the best counts")
      ->check(CLI::Range(1, 1000));
  app->add_option("--changes", options->changes, "ends and arrivals, each solved again")
      ->check(CLI::Range(0, 1'000'000));
  app->add_option("--solver-jobs-max", options->solver_jobs_max, "more jobs than these are not given to CLP");
  add_output_options(*app, options->output, true);
  return {app, [options] { return shares(*options); }};
}

}  // namespace dayan::bench
