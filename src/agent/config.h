#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/result.h"
#include "base/units.h"

/// The provider's own file, agent.yaml: which engine, whom it serves and as whom, which software it offers.

namespace dayan::agent {

/// Whom an organisation's attempts run as at this centre.
struct Mapping {
  std::string account;  ///< of the engine; empty: none
  std::string user;     ///< local user; empty: the agent's own
};

struct SoftwareOffer {
  std::string name;
  std::string version;  ///< empty: the program is asked
};

enum class Engine { local, slurm };

struct SlurmConfig {
  std::string conf = "/etc/slurm/slurm.conf";
  std::vector<std::string> partitions;  ///< offered; empty: all
  std::vector<std::string> run_as;      ///< words before every Slurm command, e.g. [sudo, -n, -u, alice]
};

struct LocalConfig {
  Cores cores;   ///< offered; zero: all
  Bytes memory;  ///< offered; zero: all
  bool sandbox = true;
  bool network = true;  ///< jobs reach the network
};

struct Config {
  Engine engine = Engine::local;
  SlurmConfig slurm;
  LocalConfig local;
  std::vector<SoftwareOffer> software;
  std::map<std::string, Mapping> organisations;  ///< by name; "*" stands for any other
  std::string work_folder;                       ///< absolute, visible to the nodes; empty: inside the agent's folder
};

/// Every fault of the file at once, in order of lines.
[[nodiscard]] tl::expected<Config, Faults> parse_config(std::string_view text);

/// Mapped users that this agent cannot run jobs as, one fault for each organisation. One process cannot become
/// another user: that takes slurm.run_as, which stands for all organisations, or an agent for each user.
[[nodiscard]] Faults check_users(const Config& config, const std::string& own_user);

/// What a careful person would change, for the log at start.
[[nodiscard]] std::vector<std::string> config_warnings(const Config& config);

/// Whom that organisation runs as here. `denied`, with the remedy, when the file does not name it.
[[nodiscard]] Result<Mapping> mapping_of(const Config& config, const std::string& organisation);

}  // namespace dayan::agent
