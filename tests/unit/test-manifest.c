/* SPDX-License-Identifier: ISC */
#include "data.h"
#include "oci/json.h"
#include "oci/manifest.h"

/* Parsed, written, parsed: the same; every document is as its file's name says. */
static void
good_file(const char *name, const struct buf *b)
{
	CLEAN_MANIFEST struct manifest m = { 0 };
	CLEAN_MANIFEST struct manifest again = { 0 };
	CLEAN_BUF struct buf one = BUF_INIT, two = BUF_INIT;
	struct err e;

	if (manifest_parse(&m, b->data, b->len, NULL, &e) < 0) {
		ok(0, "%s: %s", name, e.msg);
		return;
	}
	ok(m.is_index == (strstr(name, "index") != NULL || strstr(name, "list") != NULL),
		"%s: kind", name);
	ok((strstr(m.media_type, "docker") != NULL) == str_starts(name, "docker"), "%s: %s", name,
		m.media_type);
	manifest_write(&m, &one);
	if (manifest_parse(&again, one.data, one.len, m.media_type, &e) < 0) {
		ok(0, "%s, written: %s", name, e.msg);
		return;
	}
	manifest_write(&again, &two);
	is_str(buf_str(&two), buf_str(&one), name);
}

static int
bad_file(const struct buf *b, struct err *e)
{
	CLEAN_MANIFEST struct manifest m = { 0 };

	return manifest_parse(&m, buf_str(b), b->len, NULL, e);
}

static void
load(const char *name, struct manifest *m)
{
	CLEAN_BUF struct buf b = BUF_INIT;
	struct err e;

	data_load("good", "manifest", name, &b);
	if (manifest_parse(m, b.data, b.len, NULL, &e) < 0)
		ok(0, "%s: %s", name, e.msg);
}

static void
test_fields(void)
{
	CLEAN_MANIFEST struct manifest m = { 0 };
	CLEAN_MANIFEST struct manifest index = { 0 };
	struct descriptor copy;

	load("oci-manifest.json", &m);
	is_str(m.media_type, MT_OCI_MANIFEST, "media type");
	is_str(m.config.media_type, MT_OCI_CONFIG, "configuration");
	is_int(m.config.size, 2894, "its size");
	is_int((long long)m.nlayers, 3, "layers");
	is_int(m.layers[2].size, 10240, "the last one's size");
	ok(media_compression(m.layers[0].media_type) == COMP_GZIP &&
			media_compression(m.layers[1].media_type) == COMP_ZSTD &&
			media_compression(m.layers[2].media_type) == COMP_NONE,
		"gzip, zstd, none");
	is_str(json_string_value(
		       json_object_get(m.annotations, "org.opencontainers.image.created")),
		"2024-05-22T18:18:12Z", "annotation");
	load("oci-index-attestations.json", &index);
	ok(index.nmanifests == 6 && index.manifests[2].has_platform &&
			strcmp(index.manifests[2].platform.variant, "v7") == 0,
		"platforms of an index");
	descriptor_copy(&copy, &index.manifests[3]);
	manifest_free(&index);
	is_str(json_string_value(json_object_get(copy.annotations, "vnd.docker.reference.type")),
		"attestation-manifest", "a copied descriptor outlives its index");
	descriptor_free(&copy);
	ok(copy.annotations == NULL, "a freed one is empty");
}

static void
test_write(void)
{
	CLEAN_MANIFEST struct manifest m = { .media_type = MT_OCI_MANIFEST };
	CLEAN_BUF struct buf b = BUF_INIT;
	struct err e;

	memcpy(m.config.media_type, MT_OCI_CONFIG, sizeof(MT_OCI_CONFIG));
	digest_parse(&m.config.digest,
		"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", &e);
	m.config.size = 7;
	manifest_write(&m, &b);
	is_str(buf_str(&b),
		"{\"schemaVersion\":2,\"mediaType\":\"application/"
		"vnd.oci.image.manifest.v1+json\",\"config\":{"
		"\"mediaType\":\"application/vnd.oci.image.config.v1+json\","
		"\"digest\":\"sha256:"
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\",\"size\":7},"
		"\"layers\":[]}",
		"canonical bytes");
}

static void
test_transport(void)
{
	static const struct {
		const char *file, *type;
		bool good;
	} cases[] = {
		{ "oci-manifest.json", MT_OCI_MANIFEST, true },
		{ "oci-manifest.json", MT_OCI_MANIFEST "; charset=utf-8", true },
		{ "oci-manifest.json", "Application/Vnd.OCI.Image.Manifest.V1+JSON", true },
		{ "oci-manifest.json", "application/json", true },
		{ "oci-manifest.json", "text/plain", true },
		{ "oci-manifest.json", "", true },
		{ "oci-manifest.json", MT_DOCKER_MANIFEST, false },
		{ "oci-manifest.json", MT_OCI_INDEX, false },
		{ "oci-manifest.json", "application/vnd.docker.distribution.manifest.v1+prettyjws",
			false },
		{ "docker-list.json", MT_DOCKER_LIST, true },
		{ "docker-list.json", MT_OCI_INDEX, false },
		{ "oci-manifest-no-media-type.json", MT_OCI_MANIFEST, true },
		{ "oci-manifest-no-media-type.json", MT_DOCKER_MANIFEST, true },
		{ "oci-manifest-no-media-type.json", MT_OCI_INDEX, false },
		{ "oci-index-layout.json", MT_OCI_MANIFEST, false },
		{ "oci-index-layout.json", NULL, true },
	};
	CLEAN_BUF struct buf b = BUF_INIT;
	struct err e;
	size_t i;

	for (i = 0; i < LEN(cases); i++) {
		CLEAN_MANIFEST struct manifest m = { 0 };

		data_load("good", "manifest", cases[i].file, &b);
		e.msg[0] = '\0';
		ok((manifest_parse(&m, b.data, b.len, cases[i].type, &e) == 0) == cases[i].good,
			"%s served as %s %s", cases[i].file,
			cases[i].type != NULL ? cases[i].type : "nothing", e.msg);
	}
}

static void
test_choose(void)
{
	static const struct {
		const char *file, *platform;
		int want;
	} cases[] = {
		{ "docker-list.json", "linux/amd64", 0 },
		{ "docker-list.json", "linux/amd64/v3", 0 },
		{ "docker-list.json", "linux/arm/v5", 1 },
		{ "docker-list.json", "linux/arm/v6", 2 },
		{ "docker-list.json", "arm", 3 },
		{ "docker-list.json", "linux/arm/v8", 3 },
		{ "docker-list.json", "arm64", 4 },
		{ "docker-list.json", "linux/arm64/v9", 4 },
		{ "docker-list.json", "386", 5 },
		{ "docker-list.json", "s390x", 8 },
		{ "docker-list.json", "loong64", -1 },
		{ "docker-list.json", "windows/amd64", -1 },
		{ "docker-list-windows.json", "windows/amd64", 0 },
		{ "oci-index-attestations.json", "amd64", 0 },
		{ "oci-index-attestations.json", "arm64", 1 },
		{ "oci-index-attestations.json", "linux/arm/v6", -1 },
		{ "oci-index-attestations.json", "unknown/unknown", -1 },
		{ "oci-index-layout.json", "riscv64", 0 },
		{ "oci-index-nested.json", "amd64", -1 },
		{ "oci-index-empty.json", "amd64", -1 },
		{ "oci-index-docker-children.json", "amd64", 0 },
		{ "oci-index-artifacts.json", "amd64", 1 },
		{ "oci-index-artifacts.json", "arm64", -1 },
	};
	struct platform p;
	struct err e;
	size_t i;

	for (i = 0; i < LEN(cases); i++) {
		CLEAN_MANIFEST struct manifest m = { 0 };

		load(cases[i].file, &m);
		e.msg[0] = '\0';
		if (platform_parse(&p, cases[i].platform, &e) < 0)
			ok(0, "%s", e.msg);
		ok(manifest_choose(&m, &p, &e) == cases[i].want, "%s for %s: %d %s", cases[i].file,
			cases[i].platform, cases[i].want, e.msg);
		if (i == 13 - 3)
			is_str(e.msg,
				"no image for platform linux/loong64 (there is: linux/amd64, "
				"linux/arm/v5, linux/arm/v6, "
				"linux/arm/v7, linux/arm64/v8, linux/386, linux/ppc64le, "
				"linux/riscv64, linux/s390x)",
				"what there is");
	}
}

static void
test_types(void)
{
	static const struct {
		const char *type;
		enum media_kind kind;
		enum compression comp;
	} cases[] = {
		{ MT_DOCKER_LIST, MEDIA_INDEX, COMP_UNKNOWN },
		{ MT_DOCKER_MANIFEST, MEDIA_MANIFEST, COMP_UNKNOWN },
		{ MT_DOCKER_CONFIG, MEDIA_CONFIG, COMP_UNKNOWN },
		{ MT_DOCKER_LAYER, MEDIA_LAYER, COMP_NONE },
		{ MT_DOCKER_LAYER_GZIP, MEDIA_LAYER, COMP_GZIP },
		{ "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", MEDIA_LAYER,
			COMP_GZIP },
		{ "application/vnd.oci.image.layer.nondistributable.v1.tar", MEDIA_LAYER,
			COMP_NONE },
		{ "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", MEDIA_LAYER,
			COMP_ZSTD },
		{ "application/vnd.in-toto+json", MEDIA_OTHER, COMP_UNKNOWN },
		{ "", MEDIA_OTHER, COMP_UNKNOWN },
	};
	size_t i;

	for (i = 0; i < LEN(cases); i++)
		ok(media_kind(cases[i].type) == cases[i].kind &&
				media_compression(cases[i].type) == cases[i].comp,
			"type %s", cases[i].type);
}

int
main(void)
{
	data_good("manifest", good_file);
	data_bad("manifest", bad_file);
	test_fields();
	test_write();
	test_transport();
	test_choose();
	test_types();
	return done();
}
