//! TLS, with a server of rustls and the certificates of `tests/tls/make`.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bucket_encryption::ureq::Agent;
use bucket_encryption::ureq::tls::{Certificate, RootCerts, TlsConfig};
use bucket_encryption::{Endpoint, Error, oss};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::common::{AES256, BUCKET, Server, answer_bytes, credentials, ok, read_request};

const ROOT: &[u8] = include_bytes!("../tls/root.pem");
const KEY: &[u8] = include_bytes!("../tls/server.key");
const GOOD: &[u8] = include_bytes!("../tls/good.pem");

/// A server with this certificate, which answers every request.
fn server(certificate: &[u8]) -> Server {
    let chain = vec![CertificateDer::from_pem_slice(certificate).unwrap()];
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_slice(KEY).unwrap())
        .unwrap();
    let config = Arc::new(config);
    Server::with(move |peer| {
        let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut stream = rustls::StreamOwned::new(connection, peer.stream.try_clone().unwrap());
        while let Some(request) = read_request(&mut stream) {
            peer.record(&request);
            if stream.write_all(&answer_bytes(200, &[], AES256.as_bytes())).is_err() {
                break;
            }
        }
    })
}

fn endpoint(server: &Server, host: &str) -> Endpoint {
    server.oss().with_url(&format!("https://{host}:{}", server.port())).unwrap()
}

/// An agent that believes our root, and nobody else.
fn agent() -> Agent {
    let root = Certificate::from_pem(ROOT).unwrap();
    let tls = TlsConfig::builder().root_certs(RootCerts::Specific(Arc::new(vec![root]))).build();
    Agent::config_builder().proxy(None).tls_config(tls).build().new_agent()
}

#[test]
fn a_root_of_the_callers_own_is_believed() {
    let server = server(GOOD);
    for host in ["localhost", "127.0.0.1"] {
        let endpoint = endpoint(&server, host).with_agent(agent());
        assert!(oss::get_bucket_encryption(&credentials(), &endpoint, BUCKET).unwrap().is_some(), "{host}");
    }
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_certificate_that_is_not_right_is_refused() {
    let refused: [(&str, &[u8], &str); 4] = [
        ("wrong host", include_bytes!("../tls/wrong-host.pem"), "not valid for name"),
        ("expired", include_bytes!("../tls/expired.pem"), "expired"),
        ("not yet valid", include_bytes!("../tls/not-yet-valid.pem"), "not valid yet"),
        ("self-signed", include_bytes!("../tls/self-signed.pem"), "UnknownIssuer"),
    ];
    for (name, certificate, reason) in refused {
        check_refused(name, certificate, Some(agent()), reason);
    }
    // The shared agent, which has Mozilla's roots.
    check_refused("an unknown root", GOOD, None, "UnknownIssuer");
}

fn check_refused(name: &str, certificate: &[u8], agent: Option<Agent>, reason: &str) {
    let server = server(certificate);
    let endpoint = endpoint(&server, "localhost");
    let endpoint = agent.map_or(endpoint.clone(), |agent| endpoint.with_agent(agent));
    let setting = oss::BucketEncryption::aes256();
    let error = oss::put_bucket_encryption(&credentials(), &endpoint, BUCKET, &setting).unwrap_err();
    assert!(matches!(error, Error::Transport(_)), "{name}: {error:?}");
    assert_eq!((error.attempts(), server.connections(), server.requests().len()), (1, 1, 0), "{name}: {error:?}");
    assert!(error.to_string().contains("the server's certificate was refused"), "{name}: {error}");
    assert!(!error.to_string().contains("may have taken effect"), "{name}: {error}");
    assert!(!error.is_timeout(), "{name}: {error}");
    let text = format!("{error:?}");
    assert!(text.contains(reason), "{name}: {text}");
}

#[test]
fn a_server_without_tls_is_named_as_such_and_never_sent_a_request() {
    let server = Server::with(|mut peer| {
        let mut head = [0; 5];
        let _ = std::io::Read::read_exact(&mut peer.stream, &mut head);
        // The head of a TLS record, and no request.
        peer.record(&format!("{head:?}"));
        let _ = peer.stream.write_all(&answer_bytes(400, &[], b"this is http"));
    });
    let error = oss::get_bucket_encryption(&credentials(), &endpoint(&server, "localhost"), BUCKET).unwrap_err();
    assert!(matches!(error, Error::Transport(_)), "{error:?}");
    assert!(error.to_string().contains("TLS failed") && error.attempts() == 1, "{error:?}");
    assert!(server.requests().iter().all(|head| head.starts_with("[22, 3,")), "{:?}", server.requests());
}

#[test]
fn a_handshake_that_is_cut_is_tried_again() {
    let server = Server::with(|peer| drop(peer.stream));
    let error = oss::get_bucket_encryption(&credentials(), &endpoint(&server, "localhost"), BUCKET).unwrap_err();
    assert!(matches!(error, Error::Transport(_)), "{error:?}");
    assert_eq!((error.attempts(), server.connections()), (3, 3), "{error:?}");
}

#[test]
fn http_is_used_only_when_it_was_written() {
    for endpoint in [Endpoint::oss("a-b"), Endpoint::oss_tables("a-b"), Endpoint::obs("a-b")] {
        assert!(endpoint.unwrap().to_string().starts_with("https://"));
    }
    // The caller's agent cannot bring it back either.
    let plain = Server::new(vec![ok()]);
    let agent = Agent::config_builder().proxy(None).https_only(false).build().new_agent();
    let endpoint = endpoint(&plain, "localhost").with_agent(agent).with_timeout(Duration::from_secs(1));
    let result = oss::get_bucket_encryption(&credentials(), &endpoint, BUCKET);
    assert!(matches!(result, Err(Error::Transport(_))), "{result:?}");
    assert!(plain.requests().is_empty());

    // An agent that refuses http sends nothing over it.
    let agent = Agent::config_builder().proxy(None).https_only(true).build().new_agent();
    let plain = Server::new(vec![ok()]);
    let setting = oss::BucketEncryption::aes256();
    let error =
        oss::put_bucket_encryption(&credentials(), &plain.oss().with_agent(agent), BUCKET, &setting).unwrap_err();
    assert!(error.to_string().contains("https only"), "{error}");
    assert!(!error.to_string().contains("may have taken effect"), "{error}");
    assert_eq!((plain.connections(), error.attempts()), (0, 1));
}
