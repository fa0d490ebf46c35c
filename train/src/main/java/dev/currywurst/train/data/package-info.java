/**
 * From a folder of captioned pictures to squares that a network trains on.
 *
 * <p>In comes a folder; {@link dev.currywurst.train.data.ImageFolder} pairs its pictures with their
 * captions, {@link dev.currywurst.train.data.Split} holds some of them out, {@link
 * dev.currywurst.train.data.ImageLoader} decodes them in parallel and reports the broken ones, and
 * {@link dev.currywurst.train.data.Preparation} crops and resizes each to the resolution asked for.
 * Out come {@link dev.currywurst.image.Image}s in an order that only the folder decides. Read
 * {@code ImageFolder} first.
 */
@NullMarked
package dev.currywurst.train.data;

import org.jspecify.annotations.NullMarked;
