//! Serving: requests until a stop, then a while for those that are on their way.

use std::future::IntoFuture;
use std::io;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

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
