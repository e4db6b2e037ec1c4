#include "wire/agent.h"

#include <utility>

namespace dayan::wire {

ReportAttempts to_command(ReportsRequest request) {
  return {request.agent_epoch, request.sequence, std::move(request.reports)};
}

ReportsRequest from_command(ReportAttempts command) {
  return {command.agent_epoch, command.sequence, std::move(command.reports)};
}

std::string report_signed_bytes(std::string_view body) {
  constexpr std::string_view domain("dayan-report-v1\0", 16);
  std::string bytes(domain);
  bytes += body;
  return bytes;
}

}  // namespace dayan::wire
