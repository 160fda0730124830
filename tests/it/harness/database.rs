//! A database of its own for every test.
//!
//! SQLite is a file in a directory that goes with the test. PostgreSQL is a database of its own on one server: the one
//! whose address stands in `DONTPANIC_TEST_POSTGRES` (someone who may create databases; they go when that server goes),
//! or a private one that this process starts from the installed binaries and that ends with it, however it ends. A
//! machine without them fails the test; it never skips it.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::UNIX_EPOCH;

use dontpanic::store::Target;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;
use url::Url;

/// Where one test keeps its data.
pub struct TestDatabase {
    target: Target,
    keep: Keep,
}

/// What must live as long as the test.
enum Keep {
    Directory { _until_dropped: TempDir },
    Shared,
    Server(Server),
}

impl TestDatabase {
    /// A SQLite file that does not exist yet.
    pub fn sqlite() -> Self {
        let directory = tempfile::tempdir().expect("cannot create a temporary directory");
        let target = Target::Sqlite(directory.path().join("data/dontpanic.db"));
        Self { target, keep: Keep::Directory { _until_dropped: directory } }
    }

    /// An empty database on the server that all tests of this process share.
    pub async fn postgres() -> Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        let admin = std::env::var_os("DONTPANIC_TEST_POSTGRES").map_or_else(
            || SHARED.get_or_init(Server::start).address("postgres"),
            |address| address.into_string().expect("DONTPANIC_TEST_POSTGRES is not an address"),
        );
        Self { target: Target::Postgres(created_on(&admin).await), keep: Keep::Shared }
    }

    /// A PostgreSQL server of the test's own, which it may stop and start.
    pub fn postgres_of_its_own() -> Self {
        let server = Server::start();
        Self { target: Target::Postgres(server.address("postgres")), keep: Keep::Server(server) }
    }

    /// What to hand to `Db::open`.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The server dies as if by a crash.
    pub fn is_lost(&mut self) {
        self.server().stop();
    }

    /// The server comes back with what was committed.
    pub fn is_back(&mut self) {
        self.server().start_again();
    }

    fn server(&mut self) -> &mut Server {
        match &mut self.keep {
            Keep::Server(server) => server,
            Keep::Directory { .. } | Keep::Shared => panic!("only a server of its own can be stopped"),
        }
    }
}

/// Creates a database and answers its address.
async fn created_on(admin: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    // A server that outlives one run of the tests meets the same numbers of processes again.
    let since = UNIX_EPOCH.elapsed().expect("the clock stands before 1970").as_micros();
    let name = format!("t_{since}_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let mut connection = PgConnection::connect(admin).await.expect("cannot reach the test PostgreSQL");
    sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .execute(&mut connection)
        .await
        .expect("cannot create a database on the test PostgreSQL");
    connection.close().await.expect("cannot leave the test PostgreSQL");
    let mut address = Url::parse(admin).expect("the address of the test PostgreSQL is not one");
    address.set_path(&name);
    address.into()
}

/// Starts a server and says where it is. It stops when the standard input ends, which the operating system sees to even
/// when the test process is killed; the word `keep` before that spares the data for another start.
const KEEPER: &str = r#"
set -eu
trap '' PIPE
bin=$1 port=$2 root=$3
if [ -z "$root" ]; then
    root=$(mktemp -d /tmp/dontpanic-postgres.XXXXXX)
    "$bin/initdb" -D "$root/data" -U dontpanic -A trust -E UTF8 --locale=C --no-sync >"$root/log" 2>&1 ||
        { cat "$root/log" >&2; rm -rf "$root"; exit 1; }
fi
rm -f "$root/data/postmaster.pid"
"$bin/postgres" -D "$root/data" -c listen_addresses=127.0.0.1 -c port="$port" -c unix_socket_directories="$root" \
    -c max_connections=300 -c shared_buffers=32MB >>"$root/log" 2>&1 &
server=$!
until grep -qs '^ready' "$root/data/postmaster.pid"; do
    kill -0 "$server" 2>/dev/null || { cat "$root/log" >&2; rm -rf "$root"; exit 1; }
    sleep 0.05
done
echo "$root" || true
read -r word || word=
kill -QUIT "$server"
wait "$server" || true
[ "$word" = keep ] || rm -rf "$root"
"#;

/// A private PostgreSQL server.
struct Server {
    binaries: PathBuf,
    port: u16,
    /// The server's directory, made by the keeper.
    root: String,
    keeper: Option<Child>,
}

impl Server {
    fn start() -> Self {
        let binaries = binaries();
        let port = TcpListener::bind(("127.0.0.1", 0))
            .and_then(|free| free.local_addr())
            .expect("there is no free port on 127.0.0.1")
            .port();
        let mut server = Self { binaries, port, root: String::new(), keeper: None };
        server.start_again();
        server
    }

    fn start_again(&mut self) {
        let mut keeper = as_anyone_but_root("sh")
            .args(["-c", KEEPER, "keeper"])
            .arg(&self.binaries)
            .arg(self.port.to_string())
            .arg(&self.root)
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("cannot start the keeper of a PostgreSQL server");
        let mut ready = String::new();
        let said = keeper.stdout.take().map(|out| BufReader::new(out).read_line(&mut ready));
        assert!(matches!(said, Some(Ok(1..))), "PostgreSQL did not start; its log stands above");
        ready.trim().clone_into(&mut self.root);
        self.keeper = Some(keeper);
    }

    fn stop(&mut self) {
        self.end("keep\n");
    }

    fn end(&mut self, word: &str) {
        if let Some(mut keeper) = self.keeper.take() {
            // A keeper that is gone already needs no word.
            let _gone = keeper.stdin.take().map(|mut input| input.write_all(word.as_bytes()));
            let _gone = keeper.wait();
        }
    }

    fn address(&self, database: &str) -> String {
        format!("postgres://dontpanic@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.keeper.is_none() && !self.root.is_empty() {
            let _best_effort = std::fs::remove_dir_all(&self.root);
        }
        self.end("");
    }
}

/// The directory with PostgreSQL's server binaries: on the path, or where distributions put them, newest first.
fn binaries() -> PathBuf {
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let mut installed: Vec<PathBuf> = ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"]
        .into_iter()
        .filter_map(|place| std::fs::read_dir(place).ok())
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    installed.sort();
    std::env::split_paths(&on_path)
        .chain(installed.into_iter().rev())
        .chain(["/usr/pgsql/bin".into()])
        .find(|place| ["initdb", "postgres"].iter().all(|binary| place.join(binary).is_file()))
        .expect(
            "PostgreSQL's `initdb` and `postgres` are not installed: install the server package, \
             or set DONTPANIC_TEST_POSTGRES to the address of a server on which databases may be created",
        )
}

/// PostgreSQL refuses to run as root: then the command runs as `postgres`.
fn as_anyone_but_root(program: &str) -> Command {
    let user = Command::new("id").arg("-u").output().expect("cannot ask for the user's id");
    if user.stdout.trim_ascii() != b"0" {
        return Command::new(program);
    }
    let mut command;
    if Path::new("/usr/bin/setpriv").exists() {
        command = Command::new("/usr/bin/setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
    } else {
        command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]);
    }
    command.arg(program);
    command
}
