//! `template.yaml`, held to the code and to what we promise about operations and permissions. What any linter knows, the
//! public validators say; here is what only we know.

mod functions;
mod identity;
mod mutations;
mod permissions;
mod queues;
mod routes;
mod watching;

use std::collections::BTreeSet;

use crate::cloudformation::Template;
use crate::findings::{self, Check};
use crate::workspace;

/// A template and the folders that it is held to.
#[derive(Debug, Clone)]
struct Subject {
    template: Template,
    /// The folders below `functions/`.
    folders: BTreeSet<String>,
    /// The files `statemachines/<name>.asl.json`.
    machines: BTreeSet<String>,
    /// Method and path of every route that the API function knows.
    routes: BTreeSet<(String, String)>,
    /// Those of them that anybody may call.
    public: BTreeSet<(String, String)>,
    /// The names of the database's indexes. A changed index has a new name.
    indexes: BTreeSet<&'static str>,
}

impl Subject {
    fn read() -> Self {
        let route = |route: &api::Route| (route.method.to_owned(), route.path.to_owned());
        let is_public = |route: &&api::Route| route.policy == api::Policy::Public;
        Self {
            template: Template::read(),
            folders: workspace::functions(),
            machines: workspace::machines(),
            routes: api::ROUTES.iter().map(route).collect(),
            public: api::ROUTES.iter().filter(is_public).map(route).collect(),
            indexes: tola_store::schema::INDEXES.iter().map(|index| index.name).collect(),
        }
    }
}

const CHECKS: &[Check<Subject>] = &[
    Check { name: "functions", run: functions::names },
    Check { name: "machines", run: functions::machines },
    Check { name: "logs", run: functions::logs },
    Check { name: "migration first", run: functions::migration },
    Check { name: "schema version", run: functions::schema_version },
    Check { name: "dead letters", run: queues::dead_letters },
    Check { name: "visibility", run: queues::visibility },
    Check { name: "asynchronous targets", run: queues::targets },
    Check { name: "senders", run: queues::senders },
    Check { name: "permissions", run: permissions::least },
    Check { name: "wildcards", run: permissions::wildcards },
    Check { name: "on behalf", run: permissions::on_behalf },
    Check { name: "only on AWS", run: permissions::only_on_aws },
    Check { name: "bucket", run: permissions::bucket },
    Check { name: "routes", run: routes::wired },
    Check { name: "authorizer", run: identity::authorized },
    Check { name: "user pool", run: identity::guarded },
    Check { name: "watched is real", run: watching::real },
    Check { name: "all is watched", run: watching::complete },
];

#[test]
fn the_template_keeps_its_promises() {
    let found = findings::all(CHECKS, &Subject::read());

    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_check_finds_its_mistake() {
    findings::prove(CHECKS, mutations::ALL, Subject::read);
}
