/**
 * The front door for training data: whatever form a set of captioned pictures comes in.
 *
 * <p>In goes what the user names (a folder, archives, a pattern, an address); out comes a list of
 * {@link dev.currywurst.train.data.CaptionedImage}s in the set's own order. Nothing is unpacked:
 * pictures in tars and Parquet files are read from where they lie. What was once found in an
 * archive is remembered, so that the next start does not read it all again. Read {@link
 * dev.currywurst.train.source.Dataset} first.
 */
@NullMarked
package dev.currywurst.train.source;

import org.jspecify.annotations.NullMarked;
