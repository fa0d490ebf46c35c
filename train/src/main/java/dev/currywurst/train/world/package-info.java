/**
 * A small drawn world: seeds in, captioned pictures out.
 *
 * <p>Two sets teach and test a model without anybody's pictures. The world has {@link
 * dev.currywurst.train.world.Thing things} in {@link dev.currywurst.train.world.Tint colours},
 * sizes, numbers and places, so that words combine; some combinations are never drawn for training,
 * and a model that paints them has understood. {@link dev.currywurst.train.world.Creature
 * Creatures} have one style of their own and play the part of what a user would fine-tune on.
 * Everything is a function of its seed. Read {@link dev.currywurst.train.world.Scene} first, then
 * {@link dev.currywurst.train.world.ScenePainter}.
 */
@NullMarked
package dev.currywurst.train.world;

import org.jspecify.annotations.NullMarked;
