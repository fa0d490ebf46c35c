/**
 * Reads single columns of Parquet files, as the Hugging Face hub stores sets of pictures.
 *
 * <p>In goes a file; out come texts, numbers and bytes of one column, all of them in order or those
 * of one row. The library {@code parquet-column} decodes the values; where the pages of a column
 * lie, and how they are compressed, is read here, since the library that does both needs 40 MB of
 * Hadoop. Read {@link dev.currywurst.train.parquet.ParquetFile} first.
 */
@NullMarked
package dev.currywurst.train.parquet;

import org.jspecify.annotations.NullMarked;
