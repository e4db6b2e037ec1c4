#include <algorithm>

#include "hub/handlers.h"
#include "wire/party.h"

/// Projects and wallets.

namespace dayan::hub {

namespace {

/// An organisation's wallet as committed; zeroes when nothing was ever paid in.
Result<AccountRow> wallet_of(const Services& hub, OrganisationId owner) {
  TRY(const auto found,
      query_row<AccountRow>(
          hub.store, {{"kind", static_cast<std::int64_t>(AccountKind::customer_wallet)}, {"owner", owner.value()}}));
  return found.value_or(AccountRow{AccountKind::customer_wallet, owner, {}, {}, {}, {}});
}

}  // namespace

Handled create_project(Call& call) {
  wire::CreateProjectRequest wanted;
  if (auto bad = read_body(call, wanted)) return bad;
  const ProjectId id(call.hub.writer.next_id());
  return submit(call, CreateProject{id, wanted.name}, [id](const View& view, const core::Decision&) {
    const ProjectRow* project = view.state.projects.find({id});
    ASSERT(project != nullptr);
    return rendered(201, *project);
  });
}

Handled list_projects(Call& call) {
  const auto projects = call.hub.directory.look([&](const core::State& state) {
    std::vector<ProjectRow> own;
    state.projects.visit_all([&](const ProjectRow& row) {
      if (row.organisation == call.actor.organisation) own.push_back(row);
    });
    return own;
  });
  return list_items(
      call, projects, [](const ProjectRow& row) { return row.id.value(); },
      [](const ProjectRow& row) { return to_json(row); });
}

Handled weigh_project(Call& call) {
  wire::WeightRequest wanted;
  if (auto bad = read_body(call, wanted)) return bad;
  const auto key = std::pair{call.actor.organisation, call.path.front()};
  return submit(call, WeighProject{key.second, wanted.weight}, [key](const View& view, const core::Decision&) {
    const core::ProjectName* named = view.state.project_names.find({key.first, key.second});
    ASSERT(named != nullptr);
    return rendered(200, *view.state.projects.find({named->project}));
  });
}

/// Of every organisation for operators, of the own one for everybody else.
Handled get_shares(Call& call) {
  place::ShareTable table;
  call.hub.planner.ask([&](const place::Engine& engine, UnixTime) { table = engine.shares(); });
  wire::SharesView shown{table.as_of, {}};
  (void)call.hub.directory.look([&](const core::State& state) {
    for (const place::ShareStanding& each : table.organisations) {
      if (each.organisation != call.actor.organisation && !call.actor.scopes.has(Scope::operate)) continue;
      const OrganisationRow* row = state.organisations.find({each.organisation});
      if (row == nullptr) continue;
      wire::ShareView view{row->id,   row->name, each.weight,  each.is_active,       each.resource, each.time,
                           each.share, each.due, each.setback, each.setback_at_due, {}};
      for (const place::ProjectStanding& one : each.projects) {
        const ProjectRow* project = state.projects.find({one.project});
        if (project == nullptr) continue;
        view.projects.push_back({one.project, project->name, one.weight, one.time, one.setback});
      }
      shown.organisations.push_back(std::move(view));
    }
    return true;
  });
  return json_answer(200, to_json(shown));
}

Handled get_wallet(Call& call) {
  const auto named = call.query_value("organisation");
  const auto row = call.hub.directory.look([&](const core::State& state) {
    std::optional<OrganisationRow> found;
    state.organisations.visit_all([&](const OrganisationRow& each) {
      if (named ? each.name == *named : each.id == call.actor.organisation) found = each;
    });
    return found;
  });
  const bool may_see = row && (row->id == call.actor.organisation || call.actor.scopes.has(Scope::operate));
  if (!may_see) return no_such("wallet", "your own organisation; another one's name with the scope operate");
  TRY(const AccountRow account, wallet_of(call.hub, row->id));
  return json_answer(200, to_json(wallet_view(row->name, account)));
}

Handled list_wallet_entries(Call& call) {
  TRY(const Page page, page_of(call, cursor_key(EntryRow())));
  const std::int64_t owner = call.actor.organisation.value();
  std::vector<EntryRow> entries;
  for (const std::string side : {"debit", "credit"}) {
    // What the same organisation is owed as a provider is not on its wallet.
    std::vector<ColumnEquals> where{{side + "_owner", owner},
                                    {side + "_kind", static_cast<std::int64_t>(AccountKind::customer_wallet)}};
    TRY(auto found,
        query_rows<EntryRow>(call.hub.store, {"entry", std::move(where), page.after, true, page.limit + 1}));
    std::move(found.begin(), found.end(), std::back_inserter(entries));
  }
  std::sort(entries.begin(), entries.end(), [](const EntryRow& a, const EntryRow& b) { return a.id > b.id; });
  const auto same = [](const EntryRow& a, const EntryRow& b) { return a.id == b.id; };
  entries.erase(std::unique(entries.begin(), entries.end(), same), entries.end());
  const bool has_more = entries.size() > static_cast<std::size_t>(page.limit);
  if (has_more) entries.resize(static_cast<std::size_t>(page.limit));
  JsonArray items;
  for (const EntryRow& entry : entries) items.push_back(to_json(entry));
  if (!has_more) return list_answer(std::move(items), nullptr);
  const auto last = cursor_key(entries.back());
  return list_answer(std::move(items), &last);
}

}  // namespace dayan::hub
