//! `/bi/v1`: the data sets of the contract for external tools, as files and by `OData`.
//!
//! Every answer is made from a snapshot: the rows of one set that one reader may see, at one position, in a file.

mod body;
mod dictionary;
mod entry;
mod files;
mod filters;
mod links;
mod odata;
mod ranges;
mod shelf;
mod sight;
mod snapshots;
mod totals;

use std::sync::Arc;

use ::bi::Feed;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use board::Latest;
use commands::Gate;
use domain::limits::FEED_TOGETHER_MAX;
use tokio::sync::Semaphore;

use self::links::Links;
use crate::Face;
use crate::query::Param;

pub use self::shelf::Shelf;

/// Bytes of the body that asks for a link: a path with its filters.
const LINK_BYTES_MAX: usize = 16 * 1024;

/// What the feed is made of.
pub(crate) struct Desk {
    feed: Feed,
    shelf: Shelf,
    links: Links,
    /// Room for answers that are being written.
    writing: Arc<Semaphore>,
}

impl Desk {
    pub(crate) fn new(gate: Gate, latest: Arc<Latest>, shelf: Shelf, link_key: [u8; 32]) -> Self {
        let writing = Arc::new(Semaphore::new(FEED_TOGETHER_MAX));
        Self { feed: Feed::new(gate, latest), shelf, links: Links::new(link_key), writing }
    }
}

/// The routes of the feed; they have their own ways to come in.
pub(crate) fn routes(face: &Face) -> Router<Face> {
    let odata = Router::new()
        .route("/bi/v1/odata", get(odata::service))
        .route("/bi/v1/odata/", get(odata::service))
        .route("/bi/v1/odata/{*path}", get(odata::resource));
    let odata = odata.layer(from_fn_with_state(face.clone(), entry::let_in)).layer(from_fn(odata::spoken));
    let files = Router::new()
        .route("/bi/v1/dictionary", get(dictionary::json))
        .route("/bi/v1/dictionary.csv", get(dictionary::csv))
        .route("/bi/v1/control-totals", get(totals::json))
        .route("/bi/v1/control-totals.csv", get(totals::csv))
        .route("/bi/v1/snapshots/{snapshot}/{file}", get(snapshots::file))
        .route("/bi/v1/links", post(links::make))
        .route("/bi/v1/{file}", get(files::file))
        .layer(DefaultBodyLimit::max(LINK_BYTES_MAX))
        .layer(from_fn_with_state(face.clone(), entry::let_in));
    files.merge(odata)
}

/// A read of the feed, for the description of the interface.
pub(crate) struct Described {
    /// Its path.
    pub(crate) path: &'static str,
    /// Its parameters.
    pub(crate) params: Vec<Param>,
    /// What it answers.
    pub(crate) about: &'static str,
    /// In which forms.
    pub(crate) media: &'static [&'static str],
}

/// Every read of the feed.
pub(crate) fn described() -> Vec<Described> {
    let read = |path, params: Vec<Param>, about, media| Described { path, params, about, media };
    let (csv, sheet) = (&["text/csv"][..], &[body::XLSX][..]);
    let totals = "Sums to compare a tool's sums with, of the rows that the caller may see";
    vec![
        read("/bi/v1/{set}.csv", filters::all(files::Form::Csv), "A data set as CSV, RFC 4180 with BOM", csv),
        read("/bi/v1/{set}.xlsx", filters::all(files::Form::Xlsx), "A data set as a workbook with a dictionary", sheet),
        read("/bi/v1/{set}.parquet", filters::all(files::Form::Parquet), "A data set as Parquet", &[body::PARQUET]),
        read(
            "/bi/v1/snapshots/{snapshot}/{set}.parquet",
            Vec::new(),
            "One snapshot, byte ranges included; `latest` leads to the newest",
            &[body::PARQUET],
        ),
        read("/bi/v1/dictionary", Vec::new(), "Sets and columns, in Russian and English", &["application/json"]),
        read("/bi/v1/dictionary.csv", Vec::new(), "Columns of all sets, a line each", csv),
        read("/bi/v1/control-totals", Vec::new(), totals, &["application/json"]),
        read("/bi/v1/control-totals.csv", Vec::new(), totals, csv),
        read("/bi/v1/odata/", Vec::new(), "OData 4.01: service document", &["application/json"]),
        read("/bi/v1/odata/$metadata", Vec::new(), "OData 4.01: the model, CSDL", &["application/xml"]),
        read(
            "/bi/v1/odata/{set}",
            odata::PARAMS.to_vec(),
            "OData 4.01: rows of a set; what is not supported is refused, never ignored",
            &["application/json"],
        ),
        read("/bi/v1/odata/{set}/$count", vec![odata::FILTER], "OData 4.01: how many rows", &["text/plain"]),
    ]
}
