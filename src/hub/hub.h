#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "base/units.h"
#include "ports/clock.h"
#include "ports/depot.h"
#include "ports/store.h"

/// The hub: the core in real time, behind HTTP. Everything durable lies in one folder:
///   hub.db (the store), depot/ (bytes), hub.url (where it listens, while it runs)

namespace dayan::hub {

struct HubOptions {
  std::string data = "dayan-hub";     ///< folder; made when it is not there
  std::string address = "127.0.0.1";  ///< loopback only: the hub speaks plain HTTP for now
  std::uint16_t port = 8080;          ///< 0: any free one
  Bytes depot_total = Bytes(200'000'000'000);
  Bytes depot_per_organisation = Bytes(50'000'000'000);
  /// How long the files and logs of a job are kept after its end. What no job names goes after unnamed_kept.
  Duration depot_retention = Duration::hours(30 * 24);
};

inline constexpr Duration depot_retention_min = Duration::hours(1);
/// How long content is kept that no job names: time enough to upload a job's inputs, one after the other, and submit.
inline constexpr Duration unnamed_kept = Duration::hours(24);

/// A running hub, for run_hub and for tests.
class Hub {
 public:
  static constexpr Duration stop_patience = Duration::seconds(10);

  /// Takes over the store, loads the state and serves. `on_fenced` is called once, on another thread, when another
  /// hub has taken over and this one may write no more. Store, depot and clock outlive the hub.
  [[nodiscard]] static Result<std::unique_ptr<Hub>> start(const HubOptions& options, Store& store, Depot& depot,
                                                          Clock& clock,
                                                          std::function<void(const Error&)> on_fenced = {});
  /// Stops.
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  /// "http://127.0.0.1:8080"
  [[nodiscard]] std::string url() const;
  /// Whether it may write: not while it reads its state, nor once its books are found broken.
  [[nodiscard]] bool is_ready() const;
  /// Answers those who watch, stops accepting, finishes what is under way, commits it. Once.
  void stop();

 private:
  struct Parts;
  explicit Hub(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// Runs a hub until SIGINT or SIGTERM: prints one line when it is ready, and writes its URL to hub.url. The value is
/// the exit status, 0. Call before any thread starts. `conflict`: another hub has taken over.
[[nodiscard]] Result<int> run_hub(const HubOptions& options);

struct InitReply {
  std::string organisation;
  std::string user;
  std::string token;  ///< the operator's, shown this once
};

/// Makes the first operator in a data folder, with no hub running on it. `conflict` when there is one already.
[[nodiscard]] Result<InitReply> init_hub(const std::string& data, const std::string& organisation,
                                         const std::string& user);
/// A new token for the first user of an organisation, with no hub running on the folder: how an operator whose token
/// is lost or has ended gets in again. `not_found`: no such organisation.
[[nodiscard]] Result<InitReply> reissue_token(const std::string& data, const std::string& organisation);
/// The same on an open store.
[[nodiscard]] Result<InitReply> init_store(Store& store, Clock& clock, const std::string& organisation,
                                           const std::string& user);

}  // namespace dayan::hub
