//! Live, both ways: the vendors' clients against our emulator, and this library against a server that believes only the vendors'
//! signers. `tests/oracles/run` runs this; a plain `cargo test` does not, because it needs the vendors' clients (`tests/oracles/setup`).
//! Without them these tests fail, and are never skipped.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use bucket_encryption::ureq::{Agent, Proxy};
use bucket_encryption::{
    Addressing, Credentials, Emulator, Endpoint, Error, Result, SignatureVersion, TableBucketArn, obs, oss, oss_tables,
};

const TOKEN: &str = "CAIS/token+with=everything";

#[test]
fn the_vendors_clients_run_every_operation_against_the_emulator() {
    vendors_clients_against_the_emulator(None);
}

#[test]
fn the_vendors_clients_run_every_operation_against_the_emulator_with_a_token() {
    vendors_clients_against_the_emulator(Some(TOKEN));
}

#[test]
fn every_operation_is_believed_by_the_vendors_signers() {
    library_against_the_vendors_signers(None).unwrap();
}

#[test]
fn every_operation_is_believed_by_the_vendors_signers_with_a_token() {
    library_against_the_vendors_signers(Some(TOKEN)).unwrap();
}

fn vendors_clients_against_the_emulator(token: Option<&str>) {
    let emulator = Emulator::bind("127.0.0.1:0", credentials("SK", token)).unwrap();
    emulator.create_bucket("examplebucket");
    let arn = TableBucketArn::new("cn-hangzhou", "1234567890", "example-tables").unwrap();
    emulator.create_table_bucket(&arn);
    // A table keeps what its bucket had when it was made.
    emulator.create_table(&arn, "sales", "orders");
    let port = emulator.url().rsplit(':').next().unwrap();

    let output = python("live_clients.py", token).args(["--port", port]).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    println!("{printed}");
    // It counts what it checked: a script that checks nothing would succeed as well.
    let passed: usize =
        printed.lines().last().and_then(|line| line.split(' ').next()).and_then(|n| n.parse().ok()).unwrap_or(0);
    assert!(passed > 300, "only {passed} checks:\n{printed}");
}

fn library_against_the_vendors_signers(token: Option<&str>) -> Result<()> {
    let server = Server::start(token);
    let here = format!("http://127.0.0.1:{}", server.port);
    let right = credentials("SK", token);
    let mut wrong =
        vec![("another secret", credentials("XX", token)), ("another token", credentials("SK", Some("other")))];
    if token.is_some() {
        wrong.push(("no token", credentials("SK", None)));
    }
    // The names of the services are spoken to through a proxy, which is the server.
    let named = |endpoint: Endpoint, url: &str| -> Result<Endpoint> {
        let proxy = Proxy::new(&here).expect("a proxy");
        let agent: Agent = Agent::config_builder().proxy(Some(proxy)).build().into();
        Ok(endpoint.with_url(url)?.with_agent(agent))
    };

    for version in [SignatureVersion::V4, SignatureVersion::V1] {
        let oss = || {
            Endpoint::oss("cn-hangzhou").map(|endpoint| endpoint.with_signature_version(version).with_max_attempts(1))
        };
        let name = "http://oss-cn-hangzhou.aliyuncs.com";
        for endpoint in [
            oss()?.with_url(&here)?.with_addressing(Addressing::Path),
            named(oss()?, name)?.with_addressing(Addressing::Path),
            named(oss()?, name)?,
            named(oss()?, "http://files.example.com")?.with_addressing(Addressing::Cname),
        ] {
            oss_life(&right, &endpoint, "examplebucket")?;
            for (what, wrong) in &wrong {
                refused(what, oss::get_bucket_encryption(wrong, &endpoint, "examplebucket").map(drop));
                refused(
                    what,
                    oss::put_bucket_encryption(wrong, &endpoint, "examplebucket", &oss::BucketEncryption::aes256()),
                );
                refused(what, oss::delete_bucket_encryption(wrong, &endpoint, "examplebucket"));
            }
        }
        let missing = oss::get_bucket_encryption(&right, &named(oss()?, name)?, "missing-bucket").unwrap_err();
        assert!(missing.is_not_found(), "{missing}");
    }

    let obs = || Endpoint::obs("cn-north-4").map(|endpoint| endpoint.with_max_attempts(1));
    let name = "http://obs.cn-north-4.myhuaweicloud.com";
    for (endpoint, bucket) in [
        (named(obs()?, name)?, "examplebucket"),
        (named(obs()?, name)?, "example.bucket-1.x"),
        (obs()?.with_url(&here)?.with_addressing(Addressing::Path), "example.bucket"),
        (named(obs()?, name)?.with_addressing(Addressing::Path), "examplebucket"),
        (named(obs()?, "http://files.example.com")?.with_addressing(Addressing::Cname), "examplebucket"),
    ] {
        obs_life(&right, &endpoint, bucket)?;
        for (what, wrong) in &wrong {
            refused(what, obs::get_bucket_encryption(wrong, &endpoint, bucket).map(drop));
            refused(what, obs::put_bucket_encryption(wrong, &endpoint, bucket, &obs::BucketEncryption::kms()));
            refused(what, obs::delete_bucket_encryption(wrong, &endpoint, bucket));
        }
    }

    let tables = || Endpoint::oss_tables("cn-hangzhou").map(|endpoint| endpoint.with_max_attempts(1));
    let name = "http://cn-hangzhou.oss-tables.aliyuncs.com";
    for endpoint in [
        tables()?.with_url(&here)?.with_addressing(Addressing::Path),
        named(tables()?, name)?.with_addressing(Addressing::Path),
        named(tables()?, name)?,
    ] {
        let arn = TableBucketArn::new("cn-hangzhou", "1234567890", "example-tables")?;
        tables_life(&right, &endpoint, &arn)?;
        for (what, wrong) in &wrong {
            refused(what, oss_tables::get_table_encryption(wrong, &endpoint, &arn, "sales", "orders").map(drop));
            refused(what, oss_tables::get_table_bucket_encryption(wrong, &endpoint, &arn).map(drop));
            refused(
                what,
                oss_tables::put_table_bucket_encryption(wrong, &endpoint, &arn, &oss_tables::TableEncryption::aes256()),
            );
            refused(what, oss_tables::delete_table_bucket_encryption(wrong, &endpoint, &arn));
        }
        let missing = oss_tables::get_table_encryption(&right, &endpoint, &arn, "sales", "missing").unwrap_err();
        assert!(missing.is_not_found(), "{missing}");
    }
    Ok(())
}

/// Deleted, set in every way, read back as it was set, deleted again.
fn oss_life(credentials: &Credentials, endpoint: &Endpoint, bucket: &str) -> Result<()> {
    let key = "9468da86-3509-4f8d-a61e-6eab1eac0000";
    oss::delete_bucket_encryption(credentials, endpoint, bucket)?;
    assert_eq!(oss::get_bucket_encryption(credentials, endpoint, bucket)?, None);
    for setting in [
        oss::BucketEncryption::aes256(),
        oss::BucketEncryption::kms(),
        oss::BucketEncryption::kms().with_kms_master_key_id(key),
        oss::BucketEncryption::kms().with_kms_master_key_id("a<b>&c/密钥").with_kms_data_encryption("SM4"),
        oss::BucketEncryption::new("SM4"),
    ] {
        oss::put_bucket_encryption(credentials, endpoint, bucket, &setting)?;
        assert_eq!(oss::get_bucket_encryption(credentials, endpoint, bucket)?, Some(setting), "{endpoint:?}");
    }
    oss::delete_bucket_encryption(credentials, endpoint, bucket)?;
    assert_eq!(oss::get_bucket_encryption(credentials, endpoint, bucket)?, None);
    Ok(())
}

fn obs_life(credentials: &Credentials, endpoint: &Endpoint, bucket: &str) -> Result<()> {
    let key = "cn-north-4:domainid:key/4f1cd4de-ab64-4807-920a-47fc42e7f0d0";
    obs::delete_bucket_encryption(credentials, endpoint, bucket)?;
    assert_eq!(obs::get_bucket_encryption(credentials, endpoint, bucket)?, None);
    for setting in [
        obs::BucketEncryption::aes256(),
        obs::BucketEncryption::kms(),
        obs::BucketEncryption::kms().with_kms_master_key_id(key).with_project_id("projectid"),
        obs::BucketEncryption::kms().with_kms_data_encryption("SM4").with_bucket_key_enabled(true),
        obs::BucketEncryption::kms().with_bucket_key_enabled(false),
    ] {
        obs::put_bucket_encryption(credentials, endpoint, bucket, &setting)?;
        assert_eq!(obs::get_bucket_encryption(credentials, endpoint, bucket)?, Some(setting), "{endpoint:?}");
    }
    obs::delete_bucket_encryption(credentials, endpoint, bucket)?;
    assert_eq!(obs::get_bucket_encryption(credentials, endpoint, bucket)?, None);
    Ok(())
}

fn tables_life(credentials: &Credentials, endpoint: &Endpoint, arn: &TableBucketArn) -> Result<()> {
    oss_tables::delete_table_bucket_encryption(credentials, endpoint, arn)?;
    assert_eq!(oss_tables::get_table_bucket_encryption(credentials, endpoint, arn)?, None);
    for setting in [
        oss_tables::TableEncryption::aes256(),
        oss_tables::TableEncryption::kms(),
        oss_tables::TableEncryption::kms().with_kms_key_arn("acs:kms:cn-hangzhou:1234567890:key/\"密钥\""),
    ] {
        oss_tables::put_table_bucket_encryption(credentials, endpoint, arn, &setting)?;
        assert_eq!(oss_tables::get_table_bucket_encryption(credentials, endpoint, arn)?, Some(setting), "{endpoint:?}");
    }
    for (namespace, table) in
        [("sales", "orders"), ("a b", "a+b"), ("50%", "50%25"), ("a/b", "c?d#e"), ("表", "naïve🔑"), ("...", "~._-")]
    {
        let got = oss_tables::get_table_encryption(credentials, endpoint, arn, namespace, table)?;
        // The server says in the key which table it understood.
        let wanted = oss_tables::TableEncryption::aes256().with_kms_key_arn(format!("{namespace}|{table}"));
        assert_eq!(got, Some(wanted), "{endpoint:?}");
    }
    oss_tables::delete_table_bucket_encryption(credentials, endpoint, arn)?;
    assert_eq!(oss_tables::get_table_bucket_encryption(credentials, endpoint, arn)?, None);
    Ok(())
}

#[track_caller]
fn refused(what: &str, outcome: Result<()>) {
    let error = outcome.expect_err(what);
    assert!(matches!(error, Error::Service(_)), "{what}: {error}");
    let code = error.code().unwrap_or_default();
    assert!(["SignatureDoesNotMatch", "InvalidSecurityToken"].contains(&code), "{what}: {error}");
}

fn credentials(secret: &str, token: Option<&str>) -> Credentials {
    let credentials = Credentials::new("AK", secret).unwrap();
    match token {
        Some(token) => credentials.with_security_token(token).unwrap(),
        None => credentials,
    }
}

/// `verify_server.py`, stopped when dropped.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(token: Option<&str>) -> Self {
        let mut child =
            python("verify_server.py", token).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let Some(port) = line.strip_prefix("listening ").and_then(|port| port.trim().parse().ok()) else {
            let mut said = String::new();
            child.stderr.as_mut().unwrap().read_to_string(&mut said).unwrap();
            panic!("verify_server.py did not start: {line}{said}");
        };
        Self { child, port }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn python(script: &str, token: Option<&str>) -> Command {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let oracles =
        std::env::var_os("BUCKET_ENCRYPTION_ORACLES").map_or_else(|| project.join("target/oracles"), PathBuf::from);
    let python = oracles.join("bin/python");
    assert!(python.exists(), "{} is not there: tests/oracles/setup installs the vendors' clients", python.display());
    let mut command = Command::new(python);
    command.arg(project.join("tests/oracles").join(script)).args(["--key-id", "AK", "--secret", "SK"]);
    if let Some(token) = token {
        command.args(["--token", token]);
    }
    command
}
