// SPDX-License-Identifier: GPL-2.0
/*
 * A network card: virtio's device 1, over the queues of a vhost-user
 * connection. Queue 0 has buffers for frames that the machine receives, queue 1
 * has the frames that it sends.
 *
 * The card has no offloads: the network carries each frame as the machine made
 * it. At a kick the card copies the sent frames and gives their buffers back. If
 * the driver wants to be told, it is called while it is still blocked in that
 * kick, where the call costs nobody a turn. Received frames are put into the ring
 * one by one and shown to the driver together.
 */

#include <endian.h>
#include <string.h>

#include <linux/virtio_net.h>

#include "ethernet.h"
#include "util.h"

#define BIT(nr) (1ULL << (nr))
#define FEATURES (BIT(VIRTIO_NET_F_MAC) | BIT(VIRTIO_NET_F_MTU) | \
		  BIT(VIRTIO_NET_F_MRG_RXBUF))

#define QUEUE_RX 0
#define QUEUE_TX 1
#define NR_QUEUES 2

static bool get_config(struct vhost *vhost, uint32_t offset, uint32_t len,
		       void *buf)
{
	struct ethernet *eth = container_of(vhost, struct ethernet, vhost);
	struct virtio_net_config config = { .mtu = htole16(eth->mtu) };

	memcpy(config.mac, eth->mac, sizeof(eth->mac));
	if (offset > sizeof(config) || len > sizeof(config) - offset)
		return false;
	memcpy(buf, (char *)&config + offset, len);
	return true;
}

/* a sent frame is not longer than this, header of virtio included */
static size_t max_sent(const struct ethernet *eth)
{
	return sizeof(struct virtio_net_hdr_v1) + ETHERNET_HEADER +
	       ETHERNET_TAGS + eth->mtu;
}

static int send_chain(struct ethernet *eth, const struct ring_chain *chain)
{
	static unsigned char frame[ETHERNET_MAX_FRAME];
	struct fault *fault = &eth->vhost.fault;
	struct virtio_net_hdr_v1 header;
	size_t len = chain->in_len - sizeof(header);

	if (chain->out_len)
		return fault_set(fault, "sends a frame in buffers to be written");
	if (chain->in_len < sizeof(header) + ETHERNET_HEADER)
		return fault_set(fault, "sends a frame that is too short: %zu bytes with virtio's header",
				 chain->in_len);
	if (chain->in_len > max_sent(eth))
		return fault_set(fault, "sends a frame that is too long: %zu bytes, MTU %u",
				 len, eth->mtu);
	ring_read(chain, 0, &header, sizeof(header));
	if (header.flags || header.gso_type)
		return fault_set(fault, "wants an offload that it was not offered (flags 0x%x, type 0x%x)",
				 header.flags, header.gso_type);
	ring_read(chain, sizeof(header), frame, len);
	/* if the file was cut meanwhile, we have read zeros: do not send */
	if (guest_lost(&eth->vhost.guest))
		return vhost_lost(&eth->vhost);
	return eth->sent(eth, frame, len);
}

static int send_all(struct ethernet *eth, struct vhost_queue *queue)
{
	struct ring *ring = &queue->ring;
	struct ring_chain chain;
	unsigned int frames;
	int ret;

	/*
	 * The machine waits for our answer and adds nothing meanwhile, so there
	 * are at most as many frames as the ring holds.
	 */
	for (frames = 0; (ret = ring_take(ring, &chain)) > 0; frames++) {
		if (frames == ring->size)
			return fault_set(&eth->vhost.fault, "fills its ring while a kick is being answered");
		ret = send_chain(eth, &chain);
		if (ret)
			return ret;
		ring_give(ring, &chain, 0);
	}
	if (ret)
		return ret;
	ring_want_kick(ring);
	if (ring_publish(ring))
		return vhost_call(&eth->vhost, queue, false);
	return 0;
}

static int kick(struct vhost *vhost, struct vhost_queue *queue)
{
	struct ethernet *eth = container_of(vhost, struct ethernet, vhost);

	if (queue == &vhost->queue[QUEUE_TX])
		return send_all(eth, queue);
	/* we look for buffers when there is a frame to put into them */
	ring_want_no_kick(&queue->ring);
	return 0;
}

static const struct vhost_device device = {
	.features = FEATURES,
	.nr_queues = NR_QUEUES,
	.get_config = get_config,
	.kick = kick,
};

/**
 * ethernet_init - serve a connection as a network card
 * @eth: the card
 * @fd: the connection, which belongs to @eth now
 * @mac: its address
 * @mtu: bytes that a frame has at most, besides Ethernet's header
 * @sent: called for each frame that the machine sends
 */
void ethernet_init(struct ethernet *eth, int fd,
		   const uint8_t mac[ETHERNET_MAC], uint16_t mtu,
		   ethernet_sent sent)
{
	vhost_init(&eth->vhost, &device, fd);
	memcpy(eth->mac, mac, sizeof(eth->mac));
	eth->mtu = mtu;
	eth->sent = sent;
}

/**
 * ethernet_destroy - close a card's connection
 * @eth: the card
 */
void ethernet_destroy(struct ethernet *eth)
{
	vhost_destroy(&eth->vhost);
}

/* take a chain for @left bytes of a frame, the first of them with its header */
static int take_buffer(struct ethernet *eth, struct ring_chain *chain,
		       bool first, size_t left)
{
	struct vhost *vhost = &eth->vhost;
	bool merge = vhost->features & BIT(VIRTIO_NET_F_MRG_RXBUF);
	int ret;

	ret = ring_take(&vhost->queue[QUEUE_RX].ring, chain);
	if (ret <= 0)
		return ret;
	if (chain->nr_in)
		return fault_set(&vhost->fault, "wants to receive in buffers to be read");
	if (first && chain->out_len < sizeof(struct virtio_net_hdr_v1))
		return fault_set(&vhost->fault, "wants to receive in a buffer of %zu bytes",
				 chain->out_len);
	if (!merge && chain->out_len < left) {
		ring_untake(&vhost->queue[QUEUE_RX].ring, 1);
		return 0;
	}
	return 1;
}

/**
 * ethernet_put - put a frame into the machine's buffers
 * @eth: the card
 * @frame: the frame
 * @len: bytes in it
 *
 * The machine does not see it before ethernet_show().
 *
 * Return: 1, 0 if there is no room for it, or -EPROTO: the machine did
 * something wrong, which @eth->vhost.fault has.
 */
int ethernet_put(struct ethernet *eth, const void *frame, size_t len)
{
	struct vhost_queue *queue = &eth->vhost.queue[QUEUE_RX];
	struct virtio_net_hdr_v1 header = {};
	size_t left = sizeof(header) + len, skip, part;
	struct ring_chain chains[2], *chain = &chains[0];
	uint16_t buffers = 0;
	int ret;

	if (!queue->enabled)
		return 0;
	while (left) {
		ret = take_buffer(eth, chain, !buffers, left);
		if (ret <= 0) {
			ring_ungive(&queue->ring, buffers);
			ring_untake(&queue->ring, buffers);
			return ret;
		}
		/* leave room: the header says how many buffers there are */
		skip = buffers ? 0 : sizeof(header);
		part = chain->out_len < left ? chain->out_len : left;
		ring_write(chain, skip, frame, part - skip);
		ring_give(&queue->ring, chain, part);
		frame = (const char *)frame + part - skip;
		left -= part;
		buffers++;
		chain = &chains[1];
	}
	header.num_buffers = htole16(buffers);
	ring_write(&chains[0], 0, &header, sizeof(header));
	return 1;
}

/**
 * ethernet_show - let the machine see the frames that were put
 * @eth: the card; its machine waits
 *
 * Return: 1 if the machine was called, and has to answer before anything else
 * is done with it; 0 if it need not be called; or -EPROTO, as ethernet_put().
 */
int ethernet_show(struct ethernet *eth)
{
	struct vhost_queue *queue = &eth->vhost.queue[QUEUE_RX];
	int ret;

	if (!queue->enabled)
		return 0;
	ring_want_no_kick(&queue->ring);
	ret = ring_publish(&queue->ring);
	if (guest_lost(&eth->vhost.guest))
		return vhost_lost(&eth->vhost);
	if (!ret)
		return 0;
	ret = vhost_call(&eth->vhost, queue, true);
	return ret ? ret : 1;
}
