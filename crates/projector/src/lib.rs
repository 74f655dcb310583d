//! Journal to register: segments, checkpoint, watermark.
