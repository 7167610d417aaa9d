//! The ten operations against the embedded server, which verifies every signature:
//! `cargo run --features emulator --example quickstart`
//!
//! For each call it prints the operation, the request line and the answer. Nothing leaves this machine.

use std::error::Error;
use std::fmt::Display;

use bucket_encryption::{
    Credentials, Emulator, Endpoint, Request, SignatureVersion, TableBucketArn, obs, oss, oss_tables,
};

fn main() -> Result<(), Box<dyn Error>> {
    let emulator = Emulator::start()?;
    println!("A server at {} speaks all three services and verifies every signature.", emulator.url());
    let credentials = emulator.credentials();

    emulator.create_bucket("release-bucket");
    println!("\n== OSS, signed with V4");
    oss_operations(credentials, &emulator.oss())?;
    println!("\n== OSS, signed with V1, for private clouds");
    oss_operations(credentials, &emulator.oss().with_signature_version(SignatureVersion::V1))?;
    println!("\n== OSS Tables");
    oss_tables_operations(&emulator)?;
    println!("\n== OBS");
    obs_operations(credentials, &emulator.obs())?;

    println!("\n== When something is wrong, the error says what to do");
    let wrong = Credentials::new(credentials.access_key_id(), "a wrong secret")?;
    let refused = oss::get_bucket_encryption(&wrong, &emulator.oss(), "release-bucket");
    println!("{:#}", refused.expect_err("the server verifies the signature"));
    Ok(())
}

fn oss_operations(credentials: &Credentials, endpoint: &Endpoint) -> bucket_encryption::Result<()> {
    let bucket = "release-bucket";
    let wanted = oss::BucketEncryption::kms().with_kms_master_key_id("9468da86-3509-4f8d-a61e-6eab1eac0000");
    let wanted = wanted.with_kms_data_encryption("SM4");

    asked("GetBucketEncryption", &oss::get_bucket_encryption_request(endpoint, bucket)?);
    found(oss::get_bucket_encryption(credentials, endpoint, bucket)?);

    asked("PutBucketEncryption", &oss::put_bucket_encryption_request(endpoint, bucket, &wanted)?);
    oss::put_bucket_encryption(credentials, endpoint, bucket, &wanted)?;
    done();

    asked("GetBucketEncryption", &oss::get_bucket_encryption_request(endpoint, bucket)?);
    found(oss::get_bucket_encryption(credentials, endpoint, bucket)?);

    asked("DeleteBucketEncryption", &oss::delete_bucket_encryption_request(endpoint, bucket)?);
    oss::delete_bucket_encryption(credentials, endpoint, bucket)?;
    done();
    Ok(())
}

fn oss_tables_operations(emulator: &Emulator) -> bucket_encryption::Result<()> {
    let (credentials, endpoint) = (emulator.credentials(), emulator.oss_tables());
    let arn: TableBucketArn = "acs:osstables:cn-hangzhou:1234567890:bucket/my-table-bucket".parse()?;
    emulator.create_table_bucket(&arn);

    asked("GetTableBucketEncryption", &oss_tables::get_table_bucket_encryption_request(&endpoint, &arn)?);
    found(oss_tables::get_table_bucket_encryption(credentials, &endpoint, &arn)?);

    let wanted = oss_tables::TableEncryption::aes256();
    asked("PutTableBucketEncryption", &oss_tables::put_table_bucket_encryption_request(&endpoint, &arn, &wanted)?);
    oss_tables::put_table_bucket_encryption(credentials, &endpoint, &arn, &wanted)?;
    done();

    // A table takes its bucket's setting when it is made.
    emulator.create_table(&arn, "my_namespace", "my_table");
    let request = oss_tables::get_table_encryption_request(&endpoint, &arn, "my_namespace", "my_table")?;
    asked("GetTableEncryption", &request);
    found(oss_tables::get_table_encryption(credentials, &endpoint, &arn, "my_namespace", "my_table")?);

    asked("DeleteTableBucketEncryption", &oss_tables::delete_table_bucket_encryption_request(&endpoint, &arn)?);
    oss_tables::delete_table_bucket_encryption(credentials, &endpoint, &arn)?;
    done();
    Ok(())
}

fn obs_operations(credentials: &Credentials, endpoint: &Endpoint) -> bucket_encryption::Result<()> {
    let bucket = "release-bucket";
    let wanted = obs::BucketEncryption::kms().with_bucket_key_enabled(true);

    asked("GetBucketEncryption", &obs::get_bucket_encryption_request(endpoint, bucket)?);
    found(obs::get_bucket_encryption(credentials, endpoint, bucket)?);

    asked("PutBucketEncryption", &obs::put_bucket_encryption_request(endpoint, bucket, &wanted)?);
    obs::put_bucket_encryption(credentials, endpoint, bucket, &wanted)?;
    done();

    asked("GetBucketEncryption", &obs::get_bucket_encryption_request(endpoint, bucket)?);
    found(obs::get_bucket_encryption(credentials, endpoint, bucket)?);

    asked("DeleteBucketEncryption", &obs::delete_bucket_encryption_request(endpoint, bucket)?);
    obs::delete_bucket_encryption(credentials, endpoint, bucket)?;
    done();
    Ok(())
}

/// Prints the operation and its request line, and the body of a put.
fn asked(operation: &str, request: &Request) {
    println!("{operation}\n  {} {}", request.method(), request.url());
    if !request.body().is_empty() {
        println!("  {}", String::from_utf8_lossy(request.body()));
    }
}

/// Prints the answer to a get: a setting, or that there is none.
fn found(setting: Option<impl Display>) {
    match setting {
        Some(setting) => println!("  -> {setting}"),
        None => println!("  -> nothing is configured"),
    }
}

/// Prints that a put or delete succeeded.
fn done() {
    println!("  -> done");
}
