# A worker of a Dask cluster, with the versions that the project is tested with:
#   docker build -t imbtui-worker .
#   docker run imbtui-worker tls://scheduler:8786 --tls-ca-file … --tls-cert … --tls-key …
# Python must be the version that the run itself has (--build-arg PYTHON=3.13).
ARG PYTHON=3.11
FROM python:${PYTHON}-slim
COPY . /src
RUN pip install --no-cache-dir --constraint /src/constraints.txt '/src[dask]' \
    && rm -r /src && useradd --create-home worker
USER worker
WORKDIR /home/worker
ENTRYPOINT ["dask", "worker", "--nthreads", "1"]
CMD ["--help"]
