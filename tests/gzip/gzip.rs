//! With `ureq/gzip` on, a compressed answer is decoded, and the limit of its size holds for what comes out.

#[allow(dead_code, unused_imports, reason = "it is shared with the library's own tests")]
#[path = "../common/server.rs"]
mod server;

use std::io::Write as _;
use std::time::{Duration, Instant};

use bucket_encryption::{Error, oss};
use flate2::Compression;
use flate2::write::GzEncoder;

use server::{AES256, Act, BUCKET, Server, answer_bytes, credentials, header, ok};

fn gzip(pieces: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    pieces.for_each(|piece| encoder.write_all(&piece).unwrap());
    encoder.finish().unwrap()
}

fn compressed(status: u16, body: &[u8]) -> Act {
    Act::Send(answer_bytes(status, &[("Content-Encoding", "gzip")], body))
}

fn get(server: &Server) -> Result<Option<oss::BucketEncryption<'static>>, Error> {
    oss::get_bucket_encryption(&credentials(), &server.oss().with_timeout(Duration::from_secs(20)), BUCKET)
}

#[test]
fn a_compressed_answer_is_read_though_none_was_asked_for() {
    let server = Server::new(vec![compressed(200, &gzip([AES256.as_bytes().to_vec()].into_iter()))]);
    assert_eq!(get(&server).unwrap(), Some(oss::BucketEncryption::aes256()));
    assert_eq!(header(&server.requests()[0], "accept-encoding"), Some("identity"));
}

#[test]
fn a_bomb_ends_early() {
    // 50 MB of blanks in 50 KB.
    let bomb = gzip((0..50).map(|_| vec![b' '; 1_000_000]));
    assert!(bomb.len() < 64 * 1024, "{}", bomb.len());
    for status in [200, 403] {
        let server = Server::new(vec![compressed(status, &bomb), ok()]);
        let started = Instant::now();
        let error = get(&server).unwrap_err();
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
        match &error {
            Error::Decode(decode) => assert!(status == 200 && decode.problem().contains("64 KiB"), "{error:?}"),
            Error::Service(service) => assert_eq!(service.status(), status),
            _ => panic!("{error:?}"),
        }
        assert!(get(&server).unwrap().is_some(), "the next call");
    }
}

#[test]
fn what_is_not_compressed_as_it_says_is_an_error() {
    let whole = gzip([AES256.as_bytes().to_vec()].into_iter());
    let mut wrong_sum = whole.clone();
    let sum = wrong_sum.len() - 8;
    wrong_sum[sum] ^= 1;
    for (name, body) in [("plain", AES256.as_bytes()), ("cut", &whole[..whole.len() / 2]), ("a wrong sum", &wrong_sum)]
    {
        let server = Server::new(vec![compressed(200, body), ok()]);
        match get(&server) {
            Err(Error::Transport(_) | Error::Decode(_)) => {
                assert!(get(&server).unwrap().is_some(), "{name}: the next call")
            }
            // Cut is taken for lost, and tried again.
            Ok(Some(_)) => assert_eq!(server.requests().len(), 2, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}
