#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <optional>

#include "base/id_maker.h"
#include "core/core.h"
#include "depot/local_depot.h"
#include "edge/random.h"
#include "edge/real_clock.h"
#include "edge/signals.h"
#include "hub/hub.h"
#include "hub/listing.h"
#include "store/sqlite_store.h"

/// The hub as a program: its data folder, its life, and its first operator.

namespace dayan::hub {

namespace {

tl::unexpected<Error> no_folder(const std::string& folder) {
  return fail(ErrorCode::unavailable, "the folder " + folder + " cannot be made: " + std::strerror(errno),
              "name a folder that this user may write");
}

/// Makes the folder for its owner only; what is in it are everybody's jobs and money.
Result<void> make_folder(const std::string& folder) {
  if (::mkdir(folder.c_str(), 0700) == 0) return {};
  if (errno != EEXIST) return no_folder(folder);
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) return no_folder(folder);
  errno = ENOTDIR;
  if (!S_ISDIR(status.st_mode)) return no_folder(folder);
  return {};
}

/// Replaces the file as a whole: a reader sees the old text or the new one.
Result<void> write_text(const std::string& path, const std::string& text) {
  const std::string draft = path + ".new";
  const int file = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
  bool good = file >= 0;
  if (good) good = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (file >= 0) ::close(file);
  if (good) good = ::rename(draft.c_str(), path.c_str()) == 0;
  if (good) return {};
  return fail(ErrorCode::unavailable, path + " cannot be written: " + std::strerror(errno));
}

Result<void> load_state(Store& store, core::State& state) {
  TRY_VOID(store.load([&](Row row) { state.load(std::move(row)); }));
  static_cast<void>(state.drain());
  return {};
}

/// Decides the command on the state and commits it in one batch.
Result<void> commit_offline(Store& store, core::State& state, const Command& command, UnixTime now) {
  const auto decision = core::decide(state, command, now);
  if (!decision.has_value()) {
    const RefusalReason reason = decision.error().reason;
    Error error = decision.error().faults.front();
    error.code = reason == RefusalReason::already_exists ? ErrorCode::conflict
                 : reason == RefusalReason::not_found    ? ErrorCode::not_found
                                                         : ErrorCode::invalid;
    return fail(std::move(error));
  }
  Batch batch;
  TRY(batch.generation, store.take_over());
  for (const Event& event : decision->events) {
    core::apply(state, event, now);
    batch.events.push_back({state.counters().events, now, event});
  }
  batch.changes = state.drain();
  return store.commit(batch);
}

}  // namespace

Result<int> run_hub(const HubOptions& options) {
  edge::block_stop_signals();
  TRY_VOID(make_folder(options.data));
  TRY(const auto store, store::open_sqlite_store(options.data + "/hub.db"));
  edge::RealClock clock;
  TRY(const auto depot,
      depot::open_depot(options.data + "/depot", {options.depot_total, options.depot_per_organisation}, clock));
  std::mutex mutex;
  std::optional<Error> fenced;
  const auto on_fenced = [&](const Error& error) {
    {
      const std::lock_guard lock(mutex);
      fenced = error;
    }
    ::kill(::getpid(), SIGTERM);
  };
  TRY(const auto hub, Hub::start(options, *store, *depot, clock, on_fenced));
  const std::string url_file = options.data + "/hub.url";
  TRY_VOID(write_text(url_file, hub->url() + '\n'));
  TRY(const auto organisations,
      query_rows<OrganisationRow>(*store, {std::string(OrganisationRow::table), {}, {}, false, 1}));
  if (organisations.empty())
    std::fprintf(stderr, "note: there is no operator yet; stop it and make one: dayan hub init --data %s --help\n",
                 options.data.c_str());
  std::printf(hub->is_ready() ? "dayan hub is ready: %s\n" : "dayan hub serves for reading alone: %s\n",
              hub->url().c_str());
  std::fflush(stdout);
  static_cast<void>(edge::wait_for_stop_signal());
  ::unlink(url_file.c_str());
  hub->stop();
  const std::lock_guard lock(mutex);
  if (fenced) return fail(ErrorCode::conflict, "another hub has taken over this store", "talk to that one");
  return 0;
}

Result<InitReply> init_store(Store& store, Clock& clock, const std::string& organisation, const std::string& user) {
  core::State state;
  TRY_VOID(load_state(store, state));
  const UnixTime now = std::max(clock.now(), state.counters().last_now + Duration::microseconds(1));
  IdMaker ids;  // of shard 0, which no running hub has
  InitReply reply{organisation, user, edge::random_token()};
  Command command;
  command.actor.is_host = true;
  command.body = Bootstrap{OrganisationId(ids.next(now)),
                           UserId(ids.next(now)),
                           ProjectId(ids.next(now)),
                           organisation,
                           user,
                           sha256(reply.token)};
  TRY_VOID(commit_offline(store, state, command, now));
  return reply;
}

Result<InitReply> init_hub(const std::string& data, const std::string& organisation, const std::string& user) {
  TRY_VOID(make_folder(data));
  TRY(const auto store, store::open_sqlite_store(data + "/hub.db"));
  edge::RealClock clock;
  return init_store(*store, clock, organisation, user);
}

Result<InitReply> reissue_token(const std::string& data, const std::string& organisation) {
  struct stat status {};
  if (::stat((data + "/hub.db").c_str(), &status) != 0) {
    return fail(ErrorCode::not_found, "there is no hub in '" + data + "'", "name the folder of a hub", "data");
  }
  TRY(const auto store, store::open_sqlite_store(data + "/hub.db"));
  core::State state;
  TRY_VOID(load_state(*store, state));
  edge::RealClock clock;
  const UnixTime now = std::max(clock.now(), state.counters().last_now + Duration::microseconds(1));
  InitReply reply{organisation, "", edge::random_token()};
  const Digest hash = sha256(reply.token);
  Command command;
  command.actor.is_host = true;
  command.body = ReissueToken{organisation, hash};
  TRY_VOID(commit_offline(*store, state, command, now));
  const TokenRow* token = state.tokens.find({hash});
  ASSERT(token != nullptr);
  const UserRow* user = state.users.find({token->user});
  ASSERT(user != nullptr);
  reply.user = user->name;
  return reply;
}

}  // namespace dayan::hub
