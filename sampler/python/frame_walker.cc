#include "sampler/python/frame_walker.h"

#include "sampler/python/classic_walker.h"
#include "sampler/python/interp_frame_walker.h"

namespace spyhop {

std::unique_ptr<FrameWalker> MakeFrameWalker(const Layout& layout) {
  if (layout.features.frame_model == FrameModel::kFrameObjects) {
    return std::make_unique<ClassicWalker>(layout);
  }
  return std::make_unique<InterpFrameWalker>(layout);
}

}  // namespace spyhop
