#include "place/engine.h"

#include "place/answers.h"
#include "place/check.h"
#include "place/planner.h"

namespace dayan::place {

namespace {

class IncrementalEngine : public Engine {
 public:
  explicit IncrementalEngine(PlantedBug bug) : world_(bug), planner_(world_, bug) {}

  void apply(const RowChange& change) override { world_.apply(change); }
  void observe(const Observation& observation) override { world_.observe(observation); }

  [[nodiscard]] std::unique_ptr<Answers> answers(UnixTime now, Times times) const override {
    return make_answers(world_, planner_.agenda().queue(), now, times);
  }

  [[nodiscard]] ShareTable shares() const override { return world_.shares().table(); }

  [[nodiscard]] std::vector<Assignment> plan(UnixTime now, std::size_t assignments) override {
    return planner_.plan(now, assignments);
  }

  [[nodiscard]] const std::vector<Reclaim>& reclaims() const override { return planner_.reclaims(); }

  [[nodiscard]] std::optional<UnixTime> wakes_at() const override { return planner_.wakes_at(); }

  [[nodiscard]] std::optional<std::string> broken_invariant() const override {
    return place::broken_invariant(world_, planner_.agenda());
  }

 private:
  World world_;
  Planner planner_;
};

}  // namespace

std::unique_ptr<Engine> make_engine(PlantedBug bug) { return std::make_unique<IncrementalEngine>(bug); }

}  // namespace dayan::place
