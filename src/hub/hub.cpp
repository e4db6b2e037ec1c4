#include "hub/hub.h"

#include <utility>

#include "edge/http_server.h"
#include "hub/depot_keeper.h"
#include "hub/route.h"

namespace dayan::hub {

namespace {

constexpr int http_threads = 2;
/// Threads that may block on the disk: uploads and reads of rows.
constexpr std::size_t worker_threads = 8;
/// Each that waits may hold a chunk of an upload.
constexpr std::size_t worker_queue_max = 512;

}  // namespace

struct Hub::Parts {
  Parts(const HubOptions& options, Store& store, Depot& depot, Clock& clock,
        std::function<void(const Error&)> on_fenced)
      : watch(store),
        planner(clock, metrics,
                [this](CommitPlan plan, std::function<void(Planner::Outcome)> settled) {
                  writer.propose(std::move(plan), std::move(settled));
                }),
        writer({store, clock, directory, watch, planner, metrics, std::move(on_fenced)}),
        workers(worker_threads, worker_queue_max),
        keeper({store, depot, clock, metrics, options.depot_retention}),
        services{store,  depot, clock,   directory, planner,
                 writer, watch, workers, metrics,   options.depot_retention} {}

  Metrics metrics;
  Directory directory;
  LeaseWatch watch;
  Planner planner;
  Writer writer;
  Workers workers;
  DepotKeeper keeper;
  Services services;
  std::unique_ptr<edge::HttpServer> server;
  std::string url;
};

Hub::Hub(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Hub::~Hub() { stop(); }

Result<std::unique_ptr<Hub>> Hub::start(const HubOptions& options, Store& store, Depot& depot, Clock& clock,
                                        std::function<void(const Error&)> on_fenced) {
  auto parts = std::make_unique<Parts>(options, store, depot, clock, std::move(on_fenced));
  TRY_VOID(parts->writer.start());
  parts->planner.start();
  parts->keeper.start();
  edge::HttpServerOptions server_options;
  server_options.address = options.address;
  server_options.port = options.port;
  server_options.threads = http_threads;
  server_options.judge = [&services = parts->services](const HttpRequest& head) { return judge_head(services, head); };
  TRY(parts->server,
      edge::HttpServer::start(server_options, [&services = parts->services](
                                                  HttpRequest request, std::shared_ptr<HttpResponder> responder) {
        serve(services, std::move(request), std::move(responder));
      }));
  const bool is_v6 = options.address.find(':') != std::string::npos;
  parts->url = "http://" + (is_v6 ? '[' + options.address + ']' : options.address) + ':' +
               std::to_string(parts->server->port());
  return std::unique_ptr<Hub>(new Hub(std::move(parts)));
}

std::uint16_t Hub::port() const { return parts_->server->port(); }

std::string Hub::url() const { return parts_->url; }

bool Hub::is_ready() const { return parts_->metrics.ready.load() != 0; }

void Hub::stop() {
  // From the outside in: whoever is still owed an answer gets it from the parts that stop later.
  parts_->watch.stop();
  if (parts_->server) parts_->server->stop(stop_patience);
  parts_->keeper.stop();
  parts_->workers.stop();
  parts_->planner.stop();
  parts_->writer.stop();
}

}  // namespace dayan::hub
