#pragma once

#include <optional>
#include <vector>

#include "base/money.h"
#include "base/time.h"
#include "base/units.h"
#include "model/centre.h"
#include "model/fields.h"
#include "model/ids.h"
#include "model/job.h"
#include "model/lease.h"

/// Transfer: data moving. The inputs of a job lie in the hub's depot, and cross to each centre where its tasks run,
/// once: how many bytes those are, how long they take and what they cost.

namespace dayan {

/// What a transfer is expected to be. All zero where nothing has to cross.
struct Transfer {
  Bytes bytes;
  std::optional<Bandwidth> bandwidth;  ///< of the link; null: nobody knows it
  std::optional<Duration> time;        ///< null where the bandwidth is not known
  Cny cost;

  static constexpr auto fields() {
    using T = Transfer;
    return std::tuple{field("bytes", &T::bytes), field("bandwidth", &T::bandwidth), field("time", &T::time),
                      field("cost", &T::cost)};
  }
  friend bool operator==(const Transfer&, const Transfer&) = default;
};

/// What has become of a job's inputs at one centre. There is one from its first lease there on, if it has inputs.
struct TransferRow {
  JobId job;
  CentreId centre;
  Bytes fetched;            ///< what its attempts there fetched together, at most the job's inputs
  bool is_there = false;    ///< an attempt has had them all: none of them crosses again
  bool is_held = false;     ///< the hold of a live lease covers what it costs
  bool is_settled = false;  ///< it has been charged: no lease holds for it again

  static constexpr std::string_view table = "transfer";
  [[nodiscard]] auto key() const { return std::tuple{job, centre}; }
  static constexpr auto fields() {
    using R = TransferRow;
    return std::tuple{dayan::key("job", &R::job),         dayan::key("centre", &R::centre),
                      field("fetched", &R::fetched),      field("is_there", &R::is_there),
                      field("is_held", &R::is_held),      field("is_settled", &R::is_settled)};
  }
  friend bool operator==(const TransferRow&, const TransferRow&) = default;
};

/// What of a job's inputs has still to cross to a centre, by what has become of them there; nullptr: nothing yet.
[[nodiscard]] inline Bytes bytes_to_move(Bytes inputs, const TransferRow* row) {
  if (row == nullptr) return inputs;
  return row->is_there ? Bytes() : inputs - row->fetched;
}
/// What the hold of a lease granted there covers: all of them with the first, and nothing while another covers them or
/// once they are charged.
[[nodiscard]] inline Bytes bytes_to_hold(Bytes inputs, const TransferRow* row) {
  return row != nullptr && (row->is_held || row->is_settled) ? Bytes() : inputs;
}

/// Whether a lease that covers the inputs of its job pays for them as it ends. What was taken back while they crossed
/// leaves them to the next lease there, which pays for all that has been fetched, once.
[[nodiscard]] inline bool pays_inputs(const TransferRow& inputs, Outcome outcome) {
  return !may_retry(outcome) && (inputs.is_there || outcome != Outcome::reclaimed);
}

/// What of these files crosses to a centre: each content once, whatever its paths. What passes 64 bits stays at
/// bytes_max.
[[nodiscard]] Bytes input_bytes_of(const std::vector<InputFile>& inputs);

/// How long that takes, rounded up to the microsecond; at most `transfer_time_max`.
[[nodiscard]] Duration transfer_time(Bytes bytes, Bandwidth bandwidth);
inline constexpr Duration transfer_time_max = Duration::hours(24 * 365);

/// What moving so much costs. A bill rounds down, a hold up. `exhausted` when it leaves the range of Cny.
[[nodiscard]] Result<Cny> transfer_cost(const OfferRow& offer, Bytes bytes, Rounding rounding);

/// That added to what the run costs; `exhausted` when either, or the sum, leaves the range of Cny.
[[nodiscard]] Result<Cny> with_transfer(Result<Cny> run, const OfferRow& offer, Bytes bytes, Rounding rounding);

/// Of so many bytes over that link. `paid` of the inputs are still to be paid for, rounded down as a bill is; what
/// money cannot count is told as the most that it can.
[[nodiscard]] Transfer expected_transfer(Bytes bytes, std::optional<Bandwidth> link, const OfferRow& offer, Bytes paid);

/// A link of which nothing is known is given the time of one of so much: a bound for leases, no estimate.
inline constexpr Bandwidth bandwidth_assumed = Bandwidth(10'000'000);
/// A lease waits for its inputs no longer than that: who stages more than a day's worth does so beforehand.
inline constexpr Duration staging_allowance_max = Duration::hours(24);
/// By how much more than lease_start_allowance a lease may start later, so that its inputs can cross before.
[[nodiscard]] Duration staging_allowance(Bytes bytes, std::optional<Bandwidth> link);

/// The link as it is taken to be from now on, by what has just crossed: half of the way from what was measured
/// before, in two digits. Nothing where that was too little to tell, or within an eighth of what is known: each
/// change has all that waits look at the centre again.
[[nodiscard]] std::optional<Bandwidth> measured_link(std::optional<Bandwidth> known, Bytes bytes, Duration time);
/// Less than that has crossed before a link shows what it can.
inline constexpr Bytes link_sample_min = Bytes(10'000'000);

}  // namespace dayan
