//! The measure for a replay: a bare consumer.

use std::time::Duration;

use async_nats::jetstream;
use async_nats::jetstream::consumer::{AckPolicy, pull};
use futures::StreamExt;
use journal::ReadError;
use tokio::time::Instant;

use crate::Core;
use crate::fetch::unavailable;

/// What a bare consumer took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BareReplay {
    /// Messages received.
    pub messages: u64,
    /// Bytes of their payloads.
    pub bytes: u64,
    /// From the first request to the last message.
    pub elapsed: Duration,
}

/// Reads `count` messages with the client library's own pull consumer and drops them.
pub(crate) async fn bare_replay(core: &Core, count: u64) -> Result<BareReplay, ReadError> {
    let context = jetstream::new(core.read.clone());
    let stream = context.get_stream_no_info(&core.config.stream).await.map_err(unavailable)?;
    let config = pull::Config {
        ack_policy: AckPolicy::None,
        memory_storage: true,
        num_replicas: 1,
        inactive_threshold: Duration::from_secs(30),
        ..pull::Config::default()
    };
    let consumer = stream.create_consumer(config).await.map_err(unavailable)?;
    let begun = Instant::now();
    let pulls = consumer.stream().max_messages_per_batch(8192).expires(Duration::from_secs(10));
    let mut messages = pulls.messages().await.map_err(unavailable)?;
    let mut took = BareReplay { messages: 0, bytes: 0, elapsed: Duration::ZERO };
    while took.messages < count {
        let next = tokio::time::timeout(core.config.request_timeout, messages.next()).await;
        let Some(message) = next.map_err(unavailable)? else { break };
        let message = message.map_err(unavailable)?;
        took.messages += 1;
        took.bytes += u64::try_from(message.payload.len()).unwrap_or(u64::MAX);
    }
    took.elapsed = begun.elapsed();
    Ok(took)
}
