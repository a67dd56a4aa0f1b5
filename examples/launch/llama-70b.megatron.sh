# Llama 3 70B on 16 servers of 8 GPUs, as a person would launch it.
torchrun --nnodes 16 --nproc-per-node 8 pretrain_gpt.py \
  --num-layers 80 --hidden-size 8192 --num-attention-heads 64 --ffn-hidden-size 28672 \
  --tensor-model-parallel-size 8 --sequence-parallel \
  --pipeline-model-parallel-size 4 --num-virtual-stages-per-pipeline-rank 5 \
  --micro-batch-size 1 --global-batch-size 1024 --seq-length 8192 \
  --use-distributed-optimizer --overlap-grad-reduce --overlap-param-gather \
  --recompute-granularity full --recompute-method uniform --recompute-num-layers 1 \
  --bf16 --lr 1.5e-4 --train-iters 1000
