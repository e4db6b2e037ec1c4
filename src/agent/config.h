#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "base/units.h"

/// The provider's own file, agent.yaml: which engine, whom it serves and as whom, which software it offers.

namespace dayan::agent {

/// Whom an organisation's attempts run as at this centre.
struct Mapping {
  std::string account;  ///< of the engine; empty: none
  std::string user;     ///< local user; empty: the agent's own

  friend bool operator==(const Mapping&, const Mapping&) = default;
};

struct SoftwareOffer {
  std::string name;
  std::string version;  ///< empty: the program is asked
};

enum class Engine { local, slurm };

/// A prologue that takes longer than this is no overhead of a job any more.
inline constexpr Duration slurm_overhead_max = Duration::minutes(5);

struct SlurmConfig {
  std::string conf = "/etc/slurm/slurm.conf";
  std::vector<std::string> partitions;  ///< offered; empty: all
  Duration overhead;                    ///< of the site's prologue and epilogue, within what Slurm counts
  std::string slurmrestd = "auto";      ///< "off", "http://127.0.0.1:PORT", "unix:/PATH"; "auto": default_slurmrestd
};

/// Where Debian's service listens. Looked for without being named, since only root can put a socket into /run: a port
/// of this machine could be anybody's, and would be given users' tokens.
inline constexpr const char* default_slurmrestd = "unix:/run/slurmrestd.socket";

struct LocalConfig {
  Cores cores;   ///< offered; zero: all
  Bytes memory;  ///< offered; zero: all
  bool sandbox = true;
  bool network = true;  ///< jobs reach the network
};

/// What the provider tells of a pool that nobody can measure.
struct PoolFacts {
  std::optional<Milliwatts> core_power;
  std::optional<Milliwatts> card_power;
  Capability core_capability;  ///< nominal, in place of the measured one; zero: as measured
  Capability card_capability;  ///< nominal; zero: as the model of the cards says (model/chip.h)
};

struct Config {
  Engine engine = Engine::local;
  SlurmConfig slurm;
  LocalConfig local;
  std::vector<SoftwareOffer> software;
  std::map<std::string, Mapping> organisations;  ///< by name; "*" stands for any other
  std::map<std::string, PoolFacts> pools;        ///< by name; "*" stands for any other
  std::string work_folder;                       ///< absolute, visible to the nodes; empty: inside the agent's folder
};

/// Every fault of the file at once, in order of lines.
[[nodiscard]] tl::expected<Config, Faults> parse_config(std::string_view text);

/// Mapped users that this agent cannot run jobs as, whatever the machine says; one fault for each organisation. Only
/// Slurm jobs run as other users, and none runs as root.
[[nodiscard]] Faults check_users(const Config& config, const std::string& own_user);

/// What a careful person would change, for the log at start.
[[nodiscard]] std::vector<std::string> config_warnings(const Config& config, const std::string& own_user);

/// Whom that organisation runs as here. `denied`, with the remedy, when the file does not name it.
/// The organisations that this centre has an account for; nothing: any.
[[nodiscard]] std::optional<std::vector<std::string>> mapped_names(const Config& config);
[[nodiscard]] Result<Mapping> mapping_of(const Config& config, const std::string& organisation);

}  // namespace dayan::agent
