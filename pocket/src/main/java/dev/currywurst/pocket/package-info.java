/**
 * The model in the box: a whole Würstchen of 128 pixels, and a CLIP to judge it by, that were
 * trained on drawings of our own ({@code pocket/make} tells how). In: nothing. Out: its folder on
 * the disk. Read {@link dev.currywurst.pocket.PocketModel}.
 */
@NullMarked
package dev.currywurst.pocket;

import org.jspecify.annotations.NullMarked;
