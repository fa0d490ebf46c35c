/**
 * How well a picture and a text go together.
 *
 * <p>In come pictures and texts, out come embeddings of one common space (Radford et al. 2021):
 * {@link dev.currywurst.clip.ClipModel} is CLIP's two towers with their projections, in the layout
 * in which transformers publishes them. {@link dev.currywurst.clip.ClipVisionEncoder} is the tower
 * of pictures, {@link dev.currywurst.clip.ClipPreprocessing} what happens to a picture before it;
 * the tower of texts is {@code dev.currywurst.text}'s. Whoever only wants to compare pictures asks
 * for an {@link dev.currywurst.clip.Embedder}. Read {@code ClipModel} first.
 */
@NullMarked
package dev.currywurst.clip;

import org.jspecify.annotations.NullMarked;
