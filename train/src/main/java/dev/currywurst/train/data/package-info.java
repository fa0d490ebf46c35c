/**
 * From a folder of captioned pictures to batches that a network trains on.
 *
 * <p>In comes a folder; {@link dev.currywurst.train.data.ImageFolder} pairs its pictures with their
 * captions, {@link dev.currywurst.train.data.Split} holds some of them out, {@link
 * dev.currywurst.train.data.ImageLoader} decodes them in parallel and reports the broken ones,
 * {@link dev.currywurst.train.data.Preparation} crops and resizes each to the resolution asked for
 * (what of it never changes is kept in memory as far as that goes), and {@link
 * dev.currywurst.train.data.PictureBatches} hands them out step by step. What a step gets depends
 * on the folder, the seed and the step alone. Read {@code ImageFolder} first.
 */
@NullMarked
package dev.currywurst.train.data;

import org.jspecify.annotations.NullMarked;
