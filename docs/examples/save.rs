// Saves a video: cargo run --manifest-path docs/examples/Cargo.toml PROMPT FILE.mp4
//
// SPDX-License-Identifier: LGPL-2.1-or-later

use gst::prelude::*;
use gstreamer as gst;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().collect();
    let [_, prompt, path] = &words[..] else {
        return Err("PROMPT and FILE.mp4 are missing".into());
    };
    let part = format!("{path}.part");

    gst::init()?;
    let pipeline = gst::parse::launch(
        "foxapivideosrc name=source model=wan-2.7-text-to-video ! filesink name=sink",
    )?;
    let bin = pipeline.downcast_ref::<gst::Bin>().unwrap();
    bin.by_name("source").unwrap().set_property("prompt", prompt);
    bin.by_name("sink").unwrap().set_property("location", &part);
    // A start that fails has posted an error, which says more than the result.
    let _ = pipeline.set_state(gst::State::Playing);
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    let message = pipeline.bus().unwrap().timed_pop_filtered(None, &kinds);
    pipeline.set_state(gst::State::Null)?;
    if let Some(gst::MessageView::Error(error)) = message.as_ref().map(|m| m.view()) {
        return Err(error.error().message().into());
    }
    Ok(std::fs::rename(part, path)?)
}
