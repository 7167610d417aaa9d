//! Bucket encryption in an async program, against the embedded server: `cargo run`
//!
//! First the pure half: this library lays out and signs a request and reads the answer, and reqwest sends it. Then the
//! blocking functions, on a thread for blocking work and directly.

use std::error::Error;
use std::time::{Duration, SystemTime};

use bucket_encryption::oss::{self, BucketEncryption};
use bucket_encryption::{Credentials, Emulator, Endpoint, Request, Response};
use reqwest::Client;
use reqwest::redirect::Policy;
use tokio::task::{JoinSet, spawn_blocking};

/// No answer that this library reads is longer.
const MAX_BODY_BYTES: usize = 64 * 1024;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let emulator = Emulator::start()?;
    let (credentials, endpoint) = (emulator.credentials().clone(), emulator.oss());
    let buckets = ["release-bucket", "backups", "scratch"];
    for bucket in buckets {
        emulator.create_bucket(bucket);
    }
    let client = client()?;

    // One after the other: a put has a body, and its answer is only checked.
    for (bucket, encryption) in [(buckets[0], BucketEncryption::kms()), (buckets[1], BucketEncryption::aes256())] {
        let request = oss::put_bucket_encryption_request(&endpoint, bucket, &encryption)?;
        send(&client, &credentials, &request).await?.check()?;
        println!("{bucket}: set to {encryption}");
    }

    // Side by side: as many as there are buckets.
    let mut reads = JoinSet::new();
    for bucket in buckets {
        let (client, credentials, endpoint) = (client.clone(), credentials.clone(), endpoint.clone());
        reads.spawn(async move { (bucket, read(&client, &credentials, &endpoint, bucket).await) });
    }
    let mut found = reads.join_all().await;
    found.sort_by_key(|(bucket, _)| *bucket);
    for (bucket, encryption) in found {
        println!("{bucket}: {}", encryption?.map_or("nothing is configured".to_owned(), |found| found.to_string()));
    }

    // What the service refuses is its error, with its code and advice, whoever sent the request.
    let refused = read(&client, &credentials, &endpoint, "no-such-bucket").await.expect_err("it does not exist");
    println!("no-such-bucket: {refused}");

    // The blocking functions need no other client. A call takes milliseconds to seconds, so it belongs on a thread for
    // blocking work ...
    let (key, place) = (credentials.clone(), endpoint.clone());
    let ensured =
        spawn_blocking(move || oss::ensure_bucket_encryption(&key, &place, "scratch", &BucketEncryption::kms()));
    println!("scratch: {}", ensured.await??);

    // ... and where nothing else waits for this thread, as at the start of a program, it may be called as it is: it
    // has no runtime of its own that could be in the way.
    let encryption = oss::get_bucket_encryption(&credentials, &endpoint, "scratch")?;
    assert_eq!(encryption, Some(BucketEncryption::kms()));
    println!("scratch: read directly");
    Ok(())
}

/// What this library's own transport sees to is the client's here: limits, no redirects, and attempts if there are to
/// be several.
fn client() -> reqwest::Result<Client> {
    Client::builder()
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(60))
        // The service names the right place in its error; a redirected request would carry its signature elsewhere.
        .redirect(Policy::none())
        // For the embedded server. Leave it out for the real services.
        .no_proxy()
        .build()
}

async fn read(
    client: &Client,
    credentials: &Credentials,
    endpoint: &Endpoint,
    bucket: &str,
) -> Result<Option<BucketEncryption<'static>>, Box<dyn Error + Send + Sync>> {
    let request = oss::get_bucket_encryption_request(endpoint, bucket)?;
    let response = send(client, credentials, &request).await?;
    Ok(BucketEncryption::from_response(&response)?.map(BucketEncryption::into_owned))
}

/// Signs a request, sends it, and takes what the answer is read from. The same for all ten operations.
async fn send(
    client: &Client,
    credentials: &Credentials,
    request: &Request,
) -> Result<Response, Box<dyn Error + Send + Sync>> {
    // For each attempt anew: a signature is good for 15 minutes, and a token may have been renewed.
    let signed = request.sign(credentials, SystemTime::now())?;
    let mut sending = client.request(signed.method().parse()?, signed.url());
    for (name, value) in signed.headers() {
        sending = sending.header(name, value);
    }
    if !signed.body().is_empty() {
        sending = sending.body(signed.body().to_vec());
    }
    let mut answer = sending.send().await?;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        body.extend_from_slice(&chunk);
        // Longer is an error, and reading it all would be somebody else's say over our memory.
        if body.len() > MAX_BODY_BYTES {
            break;
        }
    }
    let headers = headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    Ok(Response::new(status, headers, body))
}
