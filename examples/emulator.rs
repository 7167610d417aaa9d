//! Runs the emulator, so that any client can be pointed at it:
//! `cargo run --features emulator --example emulator -- --port 9000`
//!
//! It prints its address, its access key and what it holds, one `name=value` a line, and runs until it is killed.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::process::ExitCode;
use std::{env, io, thread};

use bucket_encryption::{Credentials, Emulator, TableBucketArn};

const USAGE: &str = "\
usage: emulator [option]...
  --port PORT                   listen on 127.0.0.1:PORT; a free port unless given
  --access-key-id ID            accept this access key; one is made unless given
  --access-key-secret SECRET
  --security-token TOKEN        and want this token with it
  --bucket NAME                 make a bucket, on OSS and OBS; may be repeated
  --table-bucket ARN            make a table bucket; may be repeated
  --table ARN NAMESPACE TABLE   make a table, and its table bucket; may be repeated
Without a bucket, table bucket or table, one of each is made.";

#[derive(Default)]
struct Options {
    port: u16,
    access_key_id: Option<String>,
    access_key_secret: Option<String>,
    security_token: Option<String>,
    buckets: Vec<String>,
    table_buckets: Vec<TableBucketArn>,
    tables: Vec<(TableBucketArn, String, String)>,
}

fn main() -> ExitCode {
    let options = match Options::parse(env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) if problem.is_empty() => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("{problem}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        // Kept until the process is killed: dropping it would stop it.
        Ok(_emulator) => loop {
            thread::park();
        },
        Err(error) => {
            eprintln!("the emulator cannot listen on 127.0.0.1:{}: {error}", options.port);
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> io::Result<Emulator> {
    let id = options.access_key_id.clone().unwrap_or_else(|| format!("LTAI5t{}", random_letters(18)));
    let secret = options.access_key_secret.clone().unwrap_or_else(|| random_letters(30));
    let mut credentials = Credentials::new(&id, &secret).map_err(io::Error::other)?;
    if let Some(token) = &options.security_token {
        credentials = credentials.with_security_token(token).map_err(io::Error::other)?;
    }
    let emulator = Emulator::bind(("127.0.0.1", options.port), credentials)?;
    println!("url={}\naccess_key_id={id}\naccess_key_secret={secret}", emulator.url());
    if let Some(token) = &options.security_token {
        println!("security_token={token}");
    }
    for bucket in &options.buckets {
        emulator.create_bucket(bucket);
        println!("bucket={bucket}");
    }
    for arn in &options.table_buckets {
        emulator.create_table_bucket(arn);
        println!("table_bucket={arn}");
    }
    for (arn, namespace, table) in &options.tables {
        emulator.create_table(arn, namespace, table);
        println!("table={arn} {namespace} {table}");
    }
    println!("# OSS and OSS Tables in the region cn-hangzhou, OBS in cn-north-4; path style, or by the Host header");
    println!("# running until it is killed");
    Ok(emulator)
}

impl Options {
    /// Reads the command line. An empty problem asks for help.
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::default();
        while let Some(option) = arguments.next() {
            let mut value = |name: &str| arguments.next().ok_or_else(|| format!("{option} lacks its {name}"));
            match option.as_str() {
                "-h" | "--help" => return Err(String::new()),
                "--port" => {
                    let port = value("PORT")?;
                    options.port = port.parse().map_err(|_| format!("--port {port:?} is not a number up to 65535"))?;
                }
                "--access-key-id" => options.access_key_id = Some(value("ID")?),
                "--access-key-secret" => options.access_key_secret = Some(value("SECRET")?),
                "--security-token" => options.security_token = Some(value("TOKEN")?),
                "--bucket" => options.buckets.push(value("NAME")?),
                "--table-bucket" => options.table_buckets.push(parse_arn(&value("ARN")?)?),
                "--table" => {
                    options.tables.push((parse_arn(&value("ARN")?)?, value("NAMESPACE")?, value("TABLE")?));
                }
                _ => return Err(format!("{option:?} is no option")),
            }
        }
        if options.access_key_id.is_some() != options.access_key_secret.is_some() {
            return Err("--access-key-id and --access-key-secret go together".to_owned());
        }
        options.check_key()?;
        if options.buckets.is_empty() && options.table_buckets.is_empty() && options.tables.is_empty() {
            let arn = parse_arn("acs:osstables:cn-hangzhou:1234567890:bucket/my-table-bucket")?;
            options.buckets.push("examplebucket".to_owned());
            options.table_buckets.push(arn.clone());
            options.tables.push((arn, "my_namespace".to_owned(), "my_table".to_owned()));
        }
        Ok(options)
    }

    /// The rules for keys are the library's.
    fn check_key(&self) -> Result<(), String> {
        let text = |option: &Option<String>| option.clone().unwrap_or_else(|| "none".to_owned());
        Credentials::new(text(&self.access_key_id), text(&self.access_key_secret))
            .and_then(|credentials| credentials.with_security_token(text(&self.security_token)))
            .map(drop)
            .map_err(|error| error.to_string())
    }
}

fn parse_arn(text: &str) -> Result<TableBucketArn, String> {
    text.parse().map_err(|error: bucket_encryption::Error| error.to_string())
}

/// Enough for a key that is good for nothing but this process.
fn random_letters(count: usize) -> String {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let random = || usize::try_from(RandomState::new().build_hasher().finish() % 62).unwrap_or_default();
    (0..count).map(|_| char::from(LETTERS[random()])).collect()
}
