//! Serving: requests until a stop, then a while for those that are on their way.

use std::future::IntoFuture;
use std::io;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// A service that has one answer in memory: what answers are measured against.
pub fn unchanging(body: Bytes) -> Router {
    Router::new().route("/", get(move || std::future::ready(body.clone())))
}

/// Answers requests until `stop`; those that are on their way then may take `grace` longer.
///
/// # Errors
/// The listener broke.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken, grace: Duration) -> io::Result<()> {
    let stopped = stop.clone();
    let server = axum::serve(listener, router).with_graceful_shutdown(async move { stopped.cancelled().await });
    let mut server = std::pin::pin!(server.into_future());
    tokio::select! {
        ended = &mut server => return ended,
        () = stop.cancelled() => {}
    }
    if let Ok(ended) = timeout(grace, server).await {
        return ended;
    }
    tracing::warn!("requests were cut off after {} s of grace", grace.as_secs());
    Ok(())
}
