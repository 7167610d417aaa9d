//! Which buckets and tables are encrypted as they should be? A tool to run as it is:
//!
//! ```sh
//! cargo run --features emulator --example audit -- --policy kms oss://cn-hangzhou/release-bucket
//! cargo run --features emulator --example audit -- --emulator
//! ```
//!
//! `--help` prints how it is used. The exit code is for CI: 0 when all are compliant, 1 when some are not, 2 when some
//! could not be found out, 64 when it was called wrongly.

use std::collections::HashMap;
use std::io::{self, IsTerminal as _, Read as _, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::{env, fs};

use bucket_encryption::audit::{Ask, Finding, Options, Policy, Setting, Target, Verdict, audit};
use bucket_encryption::{
    Cloud, Credentials, Emulator, Endpoint, Ensured, Error, RenewingCredentials, TableBucketArn, obs, oss, oss_tables,
};
use serde_json::json;

const USAGE: &str = "\
usage: audit [option]... [target]...

A target is one of
  oss://REGION/BUCKET
  obs://REGION/BUCKET
  acs:osstables:REGION:ACCOUNT:bucket/BUCKET                          a table bucket
  acs:osstables:REGION:ACCOUNT:bucket/BUCKET/table/NAMESPACE/TABLE    a table
Without targets they are read from standard input, one a line. Empty lines and those with a # in front are passed over.

  --file PATH          read targets from a file; - is standard input; may be repeated
  --policy POLICY      what is enough: any (default), kms, customer-key, or key=ID[,ID]...
  --fix                set what is missing where it is not enough: AES256, KMS, or the first of the keys;
                       nothing that is set is taken away
  --dry-run            with --fix: say what it would do, and change nothing
  --format FORMAT      table (default) or json
  --threads N          how many calls at once, at most (default 16)
  --emulator           ask an embedded server that has a few samples; without targets, about all of them

The exit code is 0 when all are compliant, 2 when some could not be found out, else 1 when some are not compliant,
and 64 when nothing was asked, because of a wrong argument or list or a missing access key.

Access keys are taken from the environment (OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET, OSS_SESSION_TOKEN;
OBS_ACCESS_KEY_ID, OBS_SECRET_ACCESS_KEY, OBS_SECURITY_TOKEN), else from the files of the vendors' tools, else from the
role of the machine.";

/// Called wrongly: `EX_USAGE` of sysexits.h.
const WRONG_CALL: u8 = 64;

fn main() -> ExitCode {
    let command = match Command::parse(env::args().skip(1)) {
        Ok(Some(command)) => command,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("audit: {problem} (--help tells more)");
            return ExitCode::from(WRONG_CALL);
        }
    };
    match command.run() {
        Ok(code) => ExitCode::from(code),
        Err(problem) => {
            eprintln!("audit: {problem}");
            ExitCode::from(WRONG_CALL)
        }
    }
}

struct Command {
    targets: Vec<Target>,
    policy: Policy,
    fix: Fix,
    format: Format,
    threads: usize,
    emulator: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fix {
    No,
    Yes,
    DryRun,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Table,
    Json,
}

impl Command {
    /// None where help is asked for.
    fn parse(arguments: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut command = Self {
            targets: Vec::new(),
            policy: Policy::Any,
            fix: Fix::No,
            format: Format::Table,
            threads: 16,
            emulator: false,
        };
        let (mut fix, mut dry_run, mut is_listed) = (false, false, false);
        let mut arguments = arguments.peekable();
        while let Some(argument) = arguments.next() {
            // Both `--policy kms` and `--policy=kms`.
            let (name, given) = match argument.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name.to_owned(), Some(value.to_owned())),
                _ => (argument, None),
            };
            let mut value = || given.clone().or_else(|| arguments.next()).ok_or(format!("{name} needs a value"));
            match name.as_str() {
                "--help" | "-h" => return Ok(None),
                "--file" => {
                    let path = value()?;
                    is_listed = true;
                    command.targets.extend(read_list(&path)?);
                }
                "--policy" => command.policy = policy(&value()?)?,
                "--format" => command.format = format(&value()?)?,
                "--threads" => {
                    let value = value()?;
                    let threads = value.parse().ok().filter(|threads| *threads > 0);
                    command.threads = threads.ok_or(format!("--threads {value} is no number from 1 on"))?;
                }
                "--fix" => fix = true,
                "--dry-run" => dry_run = true,
                "--emulator" => command.emulator = true,
                option if option.starts_with('-') => return Err(format!("there is no option {option}")),
                target => command.targets.push(target.parse().map_err(|error: Error| error.to_string())?),
            }
        }
        command.fix = match (fix, dry_run) {
            (false, false) => Fix::No,
            (true, false) => Fix::Yes,
            (true, true) => Fix::DryRun,
            (false, true) => return Err("--dry-run goes with --fix".to_owned()),
        };
        if command.fix != Fix::No && command.policy == Policy::CustomerKey {
            return Err("--fix needs to know the key: --policy key=ID".to_owned());
        }
        if command.targets.is_empty() && !is_listed && !command.emulator {
            command.targets = read_list("-")?;
        }
        Ok(Some(command))
    }

    fn run(mut self) -> Result<u8, String> {
        let emulator = self.emulator.then(Emulator::start).transpose().map_err(|error| error.to_string())?;
        if let Some(emulator) = &emulator {
            let samples = samples(emulator).map_err(|error| error.to_string())?;
            if self.targets.is_empty() {
                self.targets = samples;
            }
            self.targets = self.targets.into_iter().map(|target| on_emulator(target, emulator)).collect();
        }
        let keys = Arc::new(Keys::find(&self.targets, emulator.as_ref()).map_err(|error| error.to_string())?);
        let width = self.targets.iter().map(|target| target.to_string().len()).max().unwrap_or_default();
        let mut report = Report::new(self.format, width, self.targets.len());
        report.show_progress();
        let options = Options::new(self.policy.clone()).with_threads(self.threads);
        let asked = Arc::clone(&keys);
        let findings = audit(self.targets, move |ask: &Ask<'_>| asked.of(ask.target()), &options);
        let print = findings.map(|finding| Line::new(finding, self.fix, &self.policy, &keys));
        match print.into_iter().try_for_each(|line| report.print(&line)).and_then(|()| report.end()) {
            Ok(()) => Ok(report.exit_code()),
            // As with `| head`: whoever reads has enough, and the rest is not found out.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(2),
            Err(error) => Err(error.to_string()),
        }
    }
}

fn policy(text: &str) -> Result<Policy, String> {
    let keys = |keys: &str| keys.split(',').map(|key| key.trim().to_owned()).filter(|key| !key.is_empty()).collect();
    match text {
        "any" => Ok(Policy::Any),
        "kms" => Ok(Policy::Kms),
        "customer-key" => Ok(Policy::CustomerKey),
        _ => match text.strip_prefix("key=").map(keys) {
            Some(keys) if Vec::is_empty(&keys) => Err("--policy key= names no key".to_owned()),
            Some(keys) => Ok(Policy::Keys(keys)),
            None => Err(format!("--policy {text} is none of any, kms, customer-key and key=ID[,ID]...")),
        },
    }
}

fn format(text: &str) -> Result<Format, String> {
    match text {
        "table" => Ok(Format::Table),
        "json" => Ok(Format::Json),
        _ => Err(format!("--format {text} is neither table nor json")),
    }
}

/// Reads a list of targets, all of it: a mistake in it is told before anything is asked.
fn read_list(path: &str) -> Result<Vec<Target>, String> {
    let name = if path == "-" { "standard input" } else { path };
    let mut text = String::new();
    let read = if path == "-" {
        io::stdin().read_to_string(&mut text)
    } else {
        fs::File::open(path).and_then(|mut file| file.read_to_string(&mut text))
    };
    read.map_err(|error| format!("{name}: {error}"))?;
    let lines = text.lines().map(str::trim).enumerate();
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(index, line)| line.parse().map_err(|error| format!("{name}, line {}: {error}", index + 1)))
        .collect()
}

/// The access keys of the clouds that are asked.
struct Keys {
    alibaba: RenewingCredentials,
    huawei: RenewingCredentials,
}

impl Keys {
    /// Finds the keys that the targets take, so that a missing one is told once and before anything is asked.
    fn find(targets: &[Target], emulator: Option<&Emulator>) -> bucket_encryption::Result<Self> {
        let of_cloud = |cloud| match emulator.map(|emulator| emulator.credentials().clone()) {
            Some(key) => RenewingCredentials::new(move || Ok(key.clone())),
            None => RenewingCredentials::new(move || Credentials::find(cloud)),
        };
        let keys = Self { alibaba: of_cloud(Cloud::Alibaba), huawei: of_cloud(Cloud::Huawei) };
        targets.iter().try_for_each(|target| keys.of(target).map(drop))?;
        Ok(keys)
    }

    fn of(&self, target: &Target) -> bucket_encryption::Result<Credentials> {
        match target.cloud() {
            Cloud::Huawei => self.huawei.get(),
            _ => self.alibaba.get(),
        }
    }
}

/// The same target, on the embedded server.
fn on_emulator(target: Target, emulator: &Emulator) -> Target {
    let endpoint = match &target {
        Target::ObsBucket { .. } => emulator.obs(),
        Target::OssBucket { .. } => emulator.oss(),
        _ => emulator.oss_tables(),
    };
    target.with_endpoint(endpoint)
}

/// A few buckets, a table bucket and a table, and one bucket that is not there.
fn samples(emulator: &Emulator) -> bucket_encryption::Result<Vec<Target>> {
    let (key, alibaba, huawei) = (emulator.credentials(), emulator.oss(), emulator.obs());
    for bucket in ["release-bucket", "backups", "scratch"] {
        emulator.create_bucket(bucket);
    }
    let with_key = oss::BucketEncryption::kms().with_kms_master_key_id("9468da86-3509-4f8d-a61e-6eab1eac0000");
    oss::put_bucket_encryption(key, &alibaba, "release-bucket", &with_key.with_kms_data_encryption("SM4"))?;
    oss::put_bucket_encryption(key, &alibaba, "backups", &oss::BucketEncryption::aes256())?;
    obs::put_bucket_encryption(key, &huawei, "backups", &obs::BucketEncryption::kms())?;
    let arn: TableBucketArn = "acs:osstables:cn-hangzhou:1234567890:bucket/my-table-bucket".parse()?;
    emulator.create_table_bucket(&arn);
    emulator.create_table(&arn, "sales", "orders");
    let oss = |bucket: &str, endpoint: &Endpoint| Target::oss_bucket(endpoint.clone(), bucket);
    Ok(vec![
        oss("release-bucket", &alibaba),
        oss("backups", &alibaba),
        oss("scratch", &alibaba),
        oss("no-such-bucket", &alibaba),
        Target::obs_bucket(huawei.clone(), "backups"),
        Target::obs_bucket(huawei, "scratch"),
        Target::table_bucket(emulator.oss_tables(), arn.clone()),
        Target::table(emulator.oss_tables(), arn, "sales", "orders"),
    ])
}

/// What is printed of a finding, after it was fixed where that is asked for and possible.
struct Line {
    target: String,
    verdict: &'static str,
    setting: Option<Setting>,
    detail: String,
}

const COMPLIANT: &str = "compliant";
const FIXED: &str = "fixed";
const NOT_COMPLIANT: &str = "not compliant";
const UNKNOWN: &str = "unknown";

impl Line {
    fn new(finding: Finding, fix: Fix, policy: &Policy, keys: &Keys) -> Self {
        let target = finding.target.to_string();
        match finding.verdict {
            Verdict::Compliant(setting) => {
                let detail = setting.to_string();
                Self { target, verdict: COMPLIANT, setting: Some(setting), detail }
            }
            Verdict::Unknown(error) => Self { target, verdict: UNKNOWN, setting: None, detail: error.to_string() },
            Verdict::NotCompliant { setting, reason } if fix == Fix::No => {
                Self { target, verdict: NOT_COMPLIANT, setting, detail: reason }
            }
            Verdict::NotCompliant { setting, .. } => match fixed(&finding.target, policy, fix, keys) {
                Ok(ensured) if fix == Fix::DryRun => {
                    let detail = format!("would be {ensured}");
                    Self { target, verdict: NOT_COMPLIANT, setting, detail }
                }
                Ok(ensured) => {
                    let detail = ensured.to_string();
                    Self { target, verdict: FIXED, setting: Some(ensured.into_setting()), detail }
                }
                Err(problem) => {
                    let detail = format!("cannot be fixed: {problem}");
                    Self { target, verdict: NOT_COMPLIANT, setting, detail }
                }
            },
        }
    }

    fn json(&self) -> serde_json::Value {
        let Self { target, verdict, setting, detail } = self;
        json!({ "target": target, "verdict": verdict, "setting": setting, "detail": detail })
    }
}

/// Sets the least that the policy takes, or says what would be set.
fn fixed(target: &Target, policy: &Policy, fix: Fix, keys: &Keys) -> Result<Ensured<Setting>, String> {
    let credentials = keys.of(target).map_err(|error| error.to_string())?;
    let (algorithm, key) = match policy {
        Policy::Any => ("AES256", None),
        Policy::Keys(keys) => ("KMS", keys.first().map(|key| key.as_str().into())),
        _ => ("KMS", None),
    };
    let is_plan = fix == Fix::DryRun;
    let ensured = match target {
        Target::OssBucket { endpoint, bucket, .. } => {
            let mut wanted = oss::BucketEncryption::new(algorithm);
            wanted.kms_master_key_id = key;
            let ensure = if is_plan { oss::plan_bucket_encryption } else { oss::ensure_bucket_encryption };
            ensure(&credentials, endpoint, bucket, &wanted).map(|ensured| ensured.map(Setting::Oss))
        }
        Target::ObsBucket { endpoint, bucket, .. } => {
            let mut wanted = obs::BucketEncryption::new(algorithm);
            wanted.kms_master_key_id = key;
            let ensure = if is_plan { obs::plan_bucket_encryption } else { obs::ensure_bucket_encryption };
            ensure(&credentials, endpoint, bucket, &wanted).map(|ensured| ensured.map(Setting::Obs))
        }
        Target::TableBucket { endpoint, arn, .. } => {
            let mut wanted = oss_tables::TableEncryption::new(algorithm);
            wanted.kms_key_arn = key;
            let ensure = if is_plan {
                oss_tables::plan_table_bucket_encryption
            } else {
                oss_tables::ensure_table_bucket_encryption
            };
            ensure(&credentials, endpoint, arn, &wanted).map(|ensured| ensured.map(Setting::OssTables))
        }
        _ => return Err("a table keeps what its table bucket had when it was made".to_owned()),
    };
    ensured.map_err(|error| error.to_string())
}

/// Prints the findings as they come, and counts them.
struct Report {
    format: Format,
    /// Of the column with the targets.
    width: usize,
    total: usize,
    counts: HashMap<&'static str, usize>,
    done: usize,
    /// Whether standard error is a terminal, where the progress is shown and wiped.
    has_progress: bool,
}

impl Report {
    fn new(format: Format, width: usize, total: usize) -> Self {
        let width = width.max("TARGET".len());
        Self { format, width, total, counts: HashMap::new(), done: 0, has_progress: io::stderr().is_terminal() }
    }

    fn print(&mut self, line: &Line) -> io::Result<()> {
        self.wipe_progress();
        let mut out = io::stdout().lock();
        match self.format {
            Format::Table => {
                if self.done == 0 {
                    writeln!(out, "{:width$}  {:13}  DETAIL", "TARGET", "VERDICT", width = self.width)?;
                }
                writeln!(out, "{:width$}  {:13}  {}", line.target, line.verdict, line.detail, width = self.width)?;
            }
            Format::Json => {
                write!(out, "{}{}", if self.done == 0 { "[\n  " } else { ",\n  " }, line.json())?;
            }
        }
        out.flush()?;
        self.done += 1;
        *self.counts.entry(line.verdict).or_default() += 1;
        self.show_progress();
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.wipe_progress();
        if self.format == Format::Json {
            writeln!(io::stdout(), "{}", if self.done == 0 { "[]" } else { "\n]" })?;
        }
        Ok(())
    }

    fn count(&self, verdict: &str) -> usize {
        self.counts.get(verdict).copied().unwrap_or_default()
    }

    fn show_progress(&self) {
        if self.has_progress && self.done < self.total {
            let (done, total) = (self.done, self.total);
            eprint!("{done} of {total}: {} not compliant, {} unknown", self.count(NOT_COMPLIANT), self.count(UNKNOWN));
        }
    }

    fn wipe_progress(&self) {
        if self.has_progress {
            // To the line's beginning, and erase it.
            eprint!("\r\x1b[K");
        }
    }

    fn exit_code(&self) -> u8 {
        match (self.count(UNKNOWN), self.count(NOT_COMPLIANT)) {
            (0, 0) => 0,
            (0, _) => 1,
            _ => 2,
        }
    }
}
