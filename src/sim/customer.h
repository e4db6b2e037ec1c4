#pragma once

#include <string>
#include <vector>

#include "sim/client.h"
#include "sim/journal.h"

/// A customer: submits jobs, some of them impossible, cancels some, and has its wallet topped up by the operator.

namespace dayan::sim {

/// Beside the first, "default".
inline constexpr const char* second_project = "second";

struct CustomerFacts {
  OrganisationId id;
  std::string name;
  Digest token;
  Digest operator_token;
  OrganisationId operator_id;
  bool is_poor = false;
};

class Customer {
 public:
  Customer(Trial& trial, Hub& hub, Journal& journal, CustomerFacts facts, Prng prng);

  /// Acts by chance until the world is healed.
  void begin();
  void top_up(Cny amount);
  void cancel(JobId job, bool series = false);
  [[nodiscard]] OrganisationId id() const { return facts_.id; }

 private:
  void act();
  void submit();
  void weigh();
  [[nodiscard]] JobSpec draw_spec();
  [[nodiscard]] Request request(const std::string& what, CommandBody body);

  Trial& trial_;
  Journal& journal_;
  CustomerFacts facts_;
  Prng prng_;
  Client client_;
  Client operator_;
  std::int64_t requests_ = 0;
  std::vector<JobId> jobs_;
};

}  // namespace dayan::sim
