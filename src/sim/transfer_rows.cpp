#include "sim/transfer_rows.h"

#include <algorithm>

namespace dayan::sim {

Bytes TransferRows::to_move(const JobRow& job, CentreId centre) const {
  const auto known = rows_.find({job.id, centre});
  return bytes_to_move(job.input_bytes, known != rows_.end() ? &known->second : nullptr);
}

Bytes TransferRows::grant(const JobRow& job, CentreId centre) {
  if (job.input_bytes.is_zero()) return {};
  const auto known = rows_.find({job.id, centre});
  const Bytes held = bytes_to_hold(job.input_bytes, known != rows_.end() ? &known->second : nullptr);
  if (known != rows_.end() && held.is_zero()) return held;
  TransferRow row = known != rows_.end() ? known->second : TransferRow{job.id, centre, Bytes()};
  row.is_held = true;
  put(row);
  return held;
}

Bytes TransferRows::end(const JobRow& job, CentreId centre, Bytes held, Bytes fetched, Outcome outcome,
                        bool has_run) {
  if (job.input_bytes.is_zero()) return {};
  TransferRow row = rows_.at({job.id, centre});
  row.fetched = row.fetched + std::min(fetched, job.input_bytes - row.fetched);
  row.is_there = row.is_there || has_run;
  const bool pays = pays_inputs(row, outcome);
  if (!held.is_zero()) {
    row.is_held = false;
    row.is_settled = pays;
  }
  put(row);
  return pays && !held.is_zero() ? row.fetched : Bytes();
}

void TransferRows::forget(JobId job) {
  for (auto row = rows_.lower_bound({job, CentreId()}); row != rows_.end() && row->first.first == job;) {
    engine_.apply({row->second, RowFate::retired});
    row = rows_.erase(row);
  }
}

void TransferRows::put(const TransferRow& row) {
  rows_[{row.job, row.centre}] = row;
  engine_.apply({row, RowFate::live});
}

}  // namespace dayan::sim
