//! Sizes of files, as people read them.

/// Bytes in a Ko, Ko in a Mo.
const KIB: u64 = 1 << 10;

/// Returns a size in bytes in words: `12 Ko`, `3 Mo`; less than one Ko is one.
pub(in crate::web) fn size(bytes: u64) -> String {
    match bytes / KIB {
        kib if kib < KIB => format!("{}\u{a0}Ko", kib.max(1)),
        kib => format!("{}\u{a0}Mo", kib / KIB),
    }
}
