# SPDX-License-Identifier: ISC
# dk: one Makefile for everything. Objects and binaries go to build/.
# A library of lib/ is one archive; a program's line names the archives and
# third-party libraries it links, and nothing else can get into it.

include config.mk

B = build
O = $(B)/obj
# empty: the distribution's own libraries
DEPS = build/deps

WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wvla -Wno-missing-field-initializers -Werror
CPPFLAGS = -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DVERSION='"$(VERSION)"' \
	-DDK_ISAL=$(ISAL) -DDK_ZSTD=$(ZSTD) -Ilib -I$(B)/gen $(DEPS_CPPFLAGS)
DEPS_CPPFLAGS = $(if $(DEPS),-isystem $(DEPS)/include -isystem $(DEPS)/kernel)
DEPS_LDFLAGS = $(if $(DEPS),-L$(DEPS)/lib)
COMPILE = $(CC) -std=gnu11 $(CPPFLAGS) $(CFLAGS) $(WARN) -MMD -MP

# ---- third-party libraries, as link flags
JANSSON = -ljansson
NETTLE = -lnettle
BEARSSL = -lbearssl
ARCHIVE = -larchive
SECCOMP = -lseccomp
GZIP_1 = -lisal -lz
GZIP_0 = -lz
ZSTD_1 = -lzstd
CODEC = $(GZIP_$(ISAL)) $(ZSTD_$(ZSTD))
# a program that writes zstd too (lib/layer/zstdenc.h)
ZSTD_WRITE_1 = -Wl,-u,zstdenc
ZSTD_WRITE = $(ZSTD_WRITE_$(ZSTD))
ZSTDENC_1 = zstdenc

# ---- lib/: one archive a layer of the library; a file includes its own layer and those before it
LIBS = base oci store layer remote run
base_OBJ = msg err mem buf str fmt fd path proc opt
oci_OBJ = \
	digest hash ref json jsontext platform descriptor manifest \
	config change expand match spec specjson specwrite
store_OBJ = \
	mnt \
	store writer paths sweep \
	blob blobout digests tag taglist root image imagewrite imagesize \
	layerdir layermeta layersync chain mark gc \
	ctr ctrconf ctrfile ctrstate ctrmake ctrremove names events
layer_OBJ = decoder encoder whiteout tree untar mktar confine unpack $(ZSTDENC_$(ZSTD))
remote_OBJ = net url b64 x509 trust verifier tls conn head http auth token registry progress transfer remoteopt
run_OBJ = rootfs userns clone cgroup devbpf mounts caps exec seccomp user init run

# ---- programs: objects beside main, archives of lib/ (top first), third-party libraries
PROGS = \
	dk-import \
	dk-pull \
	dk-push \
	dk \
	dk-build \
	dk-images \
	dk-inspect \
	dk-mount \
	dk-ps \
	dk-rm \
	dk-rmi \
	dk-run \
	dk-tag \
	dk-umount

dk_LIB = base

dk-import_OBJ = source
dk-import_LIB = layer store oci base
dk-import_EXT = $(ARCHIVE) $(CODEC) $(NETTLE) $(JANSSON)

dk-build_OBJ = \
	build \
	clean \
	context \
	copy \
	copytree \
	dockerfile \
	files \
	from \
	ignore \
	instr \
	layer \
	links \
	meta \
	output \
	pack \
	runstep \
	stop \
	targets \
	view
dk-build_LIB = run layer store oci base
dk-build_EXT = $(ARCHIVE) $(CODEC) $(NETTLE) $(JANSSON)

dk-images_OBJ = filter
dk-images_LIB = store oci base
dk-images_EXT = $(NETTLE) $(JANSSON)

dk-inspect_OBJ = image container
dk-inspect_LIB = store oci base
dk-inspect_EXT = $(NETTLE) $(JANSSON)

dk-rmi_LIB = store oci base
dk-rmi_EXT = $(NETTLE) $(JANSSON)

dk-tag_LIB = store oci base
dk-tag_EXT = $(NETTLE) $(JANSSON)

dk-mount_LIB = run layer store oci base
dk-mount_EXT = $(ARCHIVE) $(CODEC) $(NETTLE) $(JANSSON)

dk-umount_LIB = store oci base
dk-umount_EXT = $(NETTLE) $(JANSSON)

dk-ps_LIB = store oci base
dk-ps_EXT = $(JANSSON) $(NETTLE)

dk-rm_LIB = run store oci base
dk-rm_EXT = $(JANSSON) $(NETTLE)

dk-run_OBJ = life plan volume
dk-run_LIB = run store oci base
dk-run_EXT = $(NETTLE) $(JANSSON)

dk-pull_OBJ = pull
dk-pull_LIB = remote layer store oci base
dk-pull_EXT = $(BEARSSL) $(ARCHIVE) $(SECCOMP) $(CODEC) $(NETTLE) $(JANSSON)

dk-push_LIB = remote store oci base
dk-push_EXT = $(BEARSSL) $(NETTLE) $(JANSSON)

# dk-x_OBJ = more objects of the folder; dk-x_LIB; dk-x_EXT

# ---- unit tests: tests/unit/NAME.c links these
UNITS = \
	test-http \
	test-progress \
	test-url \
	test-x509 \
	test-base \
	test-codec \
	test-config \
	test-digest \
	test-dockerfile \
	test-json \
	test-manifest \
	test-platform \
	test-ref \
	test-rootfs \
	test-spec \
	test-store \
	test-seccomp \
	test-gc \
	test-ctr \
	test-layerdir \
	test-inside \
	test-unpack \
	test-confine \
	test-mktar \
	test-untar

test-base_LIB = base
test-codec_LIB = layer base
test-codec_EXT = $(ZSTD_WRITE) $(CODEC)
test-confine_LIB = layer base
test-mktar_LIB = layer base
test-mktar_EXT = $(ARCHIVE)
test-untar_LIB = layer base
test-untar_EXT = $(ARCHIVE)
test-unpack_LIB = layer store oci base
test-unpack_EXT = $(ZSTD_WRITE) $(ARCHIVE) $(CODEC) $(NETTLE) $(JANSSON)
test-config_LIB = oci base
test-config_EXT = $(JANSSON) $(NETTLE)
test-digest_LIB = oci base
test-digest_EXT = $(NETTLE)
test-dockerfile_OBJ = \
	dk-build/dockerfile \
	dk-build/ignore \
	dk-build/instr
test-dockerfile_LIB = oci base
test-dockerfile_EXT = $(JANSSON)
test-json_LIB = oci base
test-json_EXT = $(JANSSON)
test-manifest_LIB = oci base
test-manifest_EXT = $(JANSSON)
test-platform_LIB = oci base
test-platform_EXT = $(JANSSON)
test-ref_LIB = oci base
test-spec_LIB = oci base
test-spec_EXT = $(JANSSON)
test-rootfs_LIB = run store oci base
test-rootfs_EXT = $(NETTLE) $(JANSSON)
test-seccomp_LIB = run oci base
test-seccomp_EXT = $(SECCOMP) $(JANSSON)
test-store_LIB = store oci base
test-store_EXT = $(NETTLE) $(JANSSON)
test-gc_LIB = store oci base
test-gc_EXT = $(NETTLE) $(JANSSON)
test-ctr_LIB = store oci base
test-ctr_EXT = $(NETTLE) $(JANSSON)
test-layerdir_LIB = store oci base
test-layerdir_EXT = $(NETTLE) $(JANSSON)
test-http_LIB = remote base
test-progress_LIB = remote base
test-url_LIB = remote oci base
test-url_EXT = $(JANSSON)
test-x509_LIB = remote base

# ==== rules from here on
# V=1 shows whole commands
V = 0
Q = $(if $(filter 0,$(V)),@)
say = $(if $(filter 0,$(V)),@echo '$(1) $(2)')
ALL_OBJ = $(foreach l,$(LIBS),$($(l)_OBJ:%=$(O)/lib/$(l)/%.o)) \
	$(foreach p,$(PROGS),$(O)/$(p)/$(p).o $($(p)_OBJ:%=$(O)/$(p)/%.o)) \
	$(UNITS:%=$(O)/tests/unit/%.o)
ARCHIVES = $(foreach l,$(LIBS),$(if $($(l)_OBJ),$(B)/lib/$(l).a))
BINS = $(PROGS:%=$(B)/bin/%)
PAGES = $(foreach p,$(PROGS),$(wildcard $(p)/$(p).1)) $(wildcard lib/man/*.[1-8])

all: $(BINS)

# ---- third-party libraries: `make deps`, or one of them, `make deps-zlib`
BUILD_DEPS = lib/deps/build OUT=$(DEPS) CC="$(CC)" AR="$(AR)" ISAL=$(ISAL) ZSTD=$(ZSTD)

deps: $(DEPS)/VERSIONS

deps-%:
	$(Q)$(BUILD_DEPS) $*

ifneq ($(DEPS),)
$(DEPS)/VERSIONS: $(wildcard lib/deps/*) $(DEPS)/settings
	$(Q)$(BUILD_DEPS)

$(DEPS)/settings: FORCE
	@mkdir -p $(@D)
	@echo '$(BUILD_DEPS)' | cmp -s - $@ || echo '$(BUILD_DEPS)' > $@
endif

# changed settings or third-party libraries rebuild everything
$(B)/settings: FORCE | $(DEPS:%=%/VERSIONS)
	@mkdir -p $(B)
	@{ echo '$(COMPILE) $(LDFLAGS) $(AR)'; $(if $(DEPS),cat $(DEPS)/stamp/*;) } > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

$(O)/%.o: %.c $(B)/settings
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(COMPILE) -c -o $@ $<

# the default system call filter: compiled by a program that runs here
$(B)/gen/seccomp_default.h: lib/run/gen-seccomp.c lib/run/seccomp_table.h $(B)/settings
	@mkdir -p $(@D)
	$(call say,GEN,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(DEPS_CPPFLAGS) $(DEPS_LDFLAGS) -o $(B)/gen/gen-seccomp $< $(SECCOMP)
	$(Q)$(B)/gen/gen-seccomp > $@.new && mv $@.new $@

$(O)/lib/run/seccomp.o $(O)/tests/unit/test-seccomp.o: $(B)/gen/seccomp_default.h

define lib_rule
$(B)/lib/$(1).a: $($(1)_OBJ:%=$(O)/lib/$(1)/%.o) Makefile
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(call say,AR,$$@)
	$(Q)$(AR) rcs $$@ $$(filter %.o,$$^)
endef
$(foreach l,$(LIBS),$(if $($(l)_OBJ),$(eval $(call lib_rule,$(l)))))

define prog_rule
$(B)/bin/$(1): $(O)/$(1)/$(1).o $($(1)_OBJ:%=$(O)/$(1)/%.o) $($(1)_LIB:%=$(B)/lib/%.a)
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(DEPS_LDFLAGS) -o $$@ $$^ $($(1)_EXT)
endef
$(foreach p,$(PROGS),$(eval $(call prog_rule,$(p))))

# tools run under the sanitizers; a main() may leave freeing to exit, so leaks are looked for in the
# unit tests only
ASAN_TESTS = $(wildcard tests/dk-build/000[1-4]*.t tests/dk-images/*.t tests/dk-import/*.t \
	tests/dk-inspect/*.t tests/dk-mount/*.t tests/dk-ps/*.t tests/dk-pull/000[1-46-8]*.t \
	tests/dk-push/*.t tests/dk-rm/*.t tests/dk-rmi/0001*.t tests/dk-run/*.t tests/dk-tag/*.t)

define unit_rule
$(B)/unit/$(1): $(O)/tests/unit/$(1).o $($(1)_OBJ:%=$(O)/%.o) $($(1)_LIB:%=$(B)/lib/%.a)
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(DEPS_LDFLAGS) -o $$@ $$^ $($(1)_EXT)
endef
$(foreach u,$(UNITS),$(eval $(call unit_rule,$(u))))

units: $(UNITS:%=$(B)/unit/%)

# ---- tests: `make test` is quick, `make check` is everything
SCRIPTS = bootstrap .ci/run lib/deps/build lib/deps/fetch lib/deps/recipes \
	$(wildcard tests/*.sh tests/*/*.t tests/bench/*.sh)
CSRC = $(wildcard dk/*.c dk-*/*.c lib/*/*.c tests/*/*.c)
CHDR = $(wildcard dk-*/*.h lib/*/*.h tests/*/*.h)
# test-inside is run by tests/dk-run, inside a container
UNIT_TESTS = $(patsubst %,$(B)/unit/%,$(filter-out test-inside,$(UNITS)))
TESTS = $(UNIT_TESTS) $(wildcard tests/*/*.t)

test: all units
	prove $(PROVE_FLAGS) --timer -e '' $(TESTS)

check: all units
	$(MAKE) lint
	$(MAKE) check-asan
	DK_TEST_LONG=1 $(MAKE) test

# the same sources with clang, glibc and the distribution's own shared libraries
ASAN = -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
ASAN_MAKE = $(MAKE) B=build/asan DEPS= CC=clang CFLAGS="-O1 -g $(ASAN)" LDFLAGS="$(ASAN)"
check-asan:
	$(ASAN_MAKE) all units
	$(ASAN_MAKE) run-asan

run-asan:
	prove $(PROVE_FLAGS) --timer -e '' $(UNIT_TESTS)
	ASAN_OPTIONS=detect_leaks=0 DK_BIN=$(CURDIR)/$(B)/bin \
		prove $(PROVE_FLAGS) --timer -e '' $(ASAN_TESTS)

demo: all
	tests/demo.sh

bench: all
	@for b in tests/bench/start.sh tests/bench/pull.sh; do echo "== $$b"; $$b || exit 1; done

lint:
	mandoc -Tlint -W warning $(PAGES)
	shellcheck -x -S warning $(wildcard $(SCRIPTS))
	clang-format --dry-run -Werror $(CSRC) $(CHDR)
	cppcheck -q --std=c11 --error-exitcode=1 --inline-suppr --enable=warning,portability \
		--suppress=missingInclude --suppress=unknownMacro -D_GNU_SOURCE -DDK_ISAL=1 -DDK_ZSTD=1 \
		-Ilib -j2 $(CSRC)

install: all
	mkdir -p $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(MANPREFIX)/man1 \
		$(DESTDIR)$(MANPREFIX)/man5 $(DESTDIR)$(MANPREFIX)/man7
	for b in $(BINS); do \
		$(STRIP) -o $(DESTDIR)$(PREFIX)/bin/$${b##*/} $$b && \
		chmod 755 $(DESTDIR)$(PREFIX)/bin/$${b##*/} || exit 1; done
	for m in $(PAGES); do \
		install -m 644 $$m $(DESTDIR)$(MANPREFIX)/man$${m##*.}/ || exit 1; done

uninstall:
	for b in $(PROGS); do rm -f $(DESTDIR)$(PREFIX)/bin/$$b; done
	for m in $(PAGES); do rm -f $(DESTDIR)$(MANPREFIX)/man$${m##*.}/$${m##*/}; done

# the third-party libraries stay; distclean takes them too
clean:
	rm -rf $(O) $(B)/bin $(B)/lib $(B)/unit $(B)/gen $(B)/settings $(B)/asan $(B)/dist

distclean:
	rm -rf $(B)

dist:
	mkdir -p $(B)/dist
	git archive --prefix=dk-$(VERSION)/ HEAD | gzip -9n > $(B)/dist/dk-$(VERSION).tar.gz

FORCE:
.PHONY: all deps units test check check-asan run-asan demo bench lint install uninstall clean distclean dist FORCE

-include $(ALL_OBJ:.o=.d)
